"""In whose name an action runs."""

from dataclasses import dataclass

from pki.models import Role, User


@dataclass(frozen=True)
class Actor:
    """Who, through which door, from where; all of it goes into the audit trail."""

    name: str
    #: dashboard, command, setup, agent, est or system.
    door: str
    user: User | None = None
    address: str | None = None

    @property
    def is_administrator(self) -> bool:
        """A person with that role; a shell on this machine and the product itself count as one."""
        if self.user is not None:
            return self.user.has_role(Role.ADMINISTRATOR)
        return self.door in {"command", "setup", "system"}


SYSTEM = Actor(name="system", door="system")
