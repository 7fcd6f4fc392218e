"""In whose name an action runs."""

from dataclasses import dataclass

from pki.models import Role, User

#: Whoever may use these doors may do everything: they are the data directory's own user.
TRUSTED_DOORS = frozenset({"command", "setup", "system"})


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
        """Whether it may do what administrators may."""
        if self.user is not None:
            return self.user.has_role(Role.ADMINISTRATOR)
        return self.door in TRUSTED_DOORS

    @property
    def is_at_the_shell(self) -> bool:
        """A person who typed a command, and so said what it does."""
        return self.door == "command" and self.user is None


SYSTEM = Actor(name="system", door="system")
