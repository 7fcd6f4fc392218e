"""An address from which a person signed in."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class KnownAddress(models.Model):
    """Guesses from elsewhere at this person's name do not slow it down."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_addresses"
    )
    #: An IPv4 address, or the /64 of an IPv6 address.
    network = models.CharField(max_length=45)
    last_used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "known addresses"
        constraints = [
            models.UniqueConstraint(fields=["user", "network"], name="address_known_once")
        ]

    def __str__(self) -> str:
        return self.network
