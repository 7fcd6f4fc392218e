"""In whose name an action runs."""

from dataclasses import dataclass

from pki.models import User


@dataclass(frozen=True)
class Actor:
    """Who, through which door, from where; all of it goes into the audit trail."""

    name: str
    #: dashboard, command, setup, agent, est or system.
    door: str
    user: User | None = None
    address: str | None = None


SYSTEM = Actor(name="system", door="system")
