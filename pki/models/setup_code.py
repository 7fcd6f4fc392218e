"""The one-time code that lets the first administrator in."""

from django.db import models


class SetupCode(models.Model):
    """Kept only as a hash; the code itself is printed once by ``certiflow up``."""

    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"set-up code of {self.created_at:%Y-%m-%d %H:%M}"
