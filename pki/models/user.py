"""A person who signs in, and the role that says what that person may do."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class Role(models.TextChoices):
    VIEWER = "viewer", "Viewer"
    OPERATOR = "operator", "Operator"
    ADMINISTRATOR = "administrator", "Administrator"


#: Every role may do what the ones before it may.
RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMINISTRATOR: 2}


class User(AbstractUser):
    role = models.CharField(max_length=16, choices=Role, default=Role.VIEWER)

    def has_role(self, role: Role) -> bool:
        """Whether this person may do what ``role`` may."""
        return self.is_active and RANK[Role(self.role)] >= RANK[role]
