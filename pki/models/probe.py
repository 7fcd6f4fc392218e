"""What a server answered with when it was looked at."""

from django.db import models
from django.utils import timezone


class ProbeState(models.TextChoices):
    IN_USE = "in_use", "In use"
    #: One it had before: the new one was not put to work yet.
    OLD = "old", "Old certificate still in use"
    #: One that is not this server's.
    OTHER = "other", "Another certificate"
    UNREACHABLE = "unreachable", "Unreachable"


class Probe(models.Model):
    server = models.ForeignKey("pki.Server", on_delete=models.CASCADE, related_name="probes")
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=12, choices=ProbeState)
    #: Empty when nothing answered.
    sha256 = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=500, blank=True)
    issuer = models.CharField(max_length=500, blank=True)
    not_after = models.DateTimeField(null=True)
    tls_version = models.CharField(max_length=10, blank=True)
    #: Subjects of the certificates that were sent, the server's own first.
    chain = models.JSONField(default=list)
    #: Why nothing came.
    message = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["server", "-id"], name="probe_newest")]

    def __str__(self) -> str:
        return f"{self.get_state_display()} at {self.at:%Y-%m-%d %H:%M}"
