"""An enrollment token: a word that lets workstations register."""

from datetime import datetime

from django.db import models
from django.utils import timezone


class EnrollmentToken(models.Model):
    """Kept only as a hash; the token itself is shown once, when it is made."""

    name = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64, unique=True)
    #: Its first letters, by which people tell one from another.
    prefix = models.CharField(max_length=8)
    #: Whether a workstation that brings it needs nobody's approval.
    automatic = models.BooleanField(default=False)
    #: What the computer's name must match, with ``*``; empty: any.
    name_pattern = models.CharField(max_length=100, blank=True)
    uses_allowed = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(uses__lte=models.F("uses_allowed")), name="token_not_overused"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return "/tokens/"

    def condition(self, now: datetime) -> str:
        """One word for people: withdrawn, expired, used or valid."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.expires_at <= now:
            return "expired"
        return "used" if self.uses >= self.uses_allowed else "valid"
