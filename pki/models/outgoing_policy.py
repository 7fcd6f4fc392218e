"""Where the product may connect to, as administrators chose it."""

from django.db import models


class OutgoingPolicy(models.Model):
    """One row, made when it is first changed."""

    #: Networks in CIDR form; none: every address but those that are never connected to.
    networks = models.JSONField(default=list)
    #: Ports that probes may ask, such as ``443`` or ``8000-8999``; none: 443 and 1024 to 65535.
    ports = models.JSONField(default=list)

    class Meta:
        verbose_name_plural = "outgoing policies"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_outgoing_policy")]

    def __str__(self) -> str:
        return "policy for outgoing connections"
