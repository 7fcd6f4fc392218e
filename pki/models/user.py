"""A person who signs in, and the role that says what that person may do."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    ADMINISTRATOR = "administrator", "Administrator"


#: Every role may do what the ones before it may.
RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMINISTRATOR: 2}


class User(AbstractUser):
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)
    #: Sessions hold a hash of it: counting it up ends all of them.
    session_epoch = models.PositiveIntegerField(default=0)

    class Meta(AbstractUser.Meta):
        constraints = [
            # People sign in without regard to case; of two such names neither could.
            models.UniqueConstraint(Lower("username"), name="user_name_without_case")
        ]

    def has_role(self, role: Role) -> bool:
        """Whether this person may do what ``role`` may."""
        return self.is_active and RANK[Role(self.role)] >= RANK[role]

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """As Django's, which knows of the password only.

        Its public callers, for the key in force and the ones before it, both end here.
        """
        value = f"{self.session_epoch}:{self.password}"
        return salted_hmac(
            "pki.models.User.get_session_auth_hash", value, secret=secret, algorithm="sha256"
        ).hexdigest()
