"""A name and the server it belongs to."""

from django.db import models


class ServerName(models.Model):
    """One row for each name of a server, its FQDN included; the server has the order of them.

    And for each that only its certificates have: nobody else gets such a name unasked.
    """

    server = models.ForeignKey("pki.Server", on_delete=models.CASCADE, related_name="claims")
    #: Canonical: a DNS name, a wildcard or an IP address.
    name = models.CharField(max_length=253)
    #: Whether an administrator let other servers have the name, or one that overlaps, as well.
    shared = models.BooleanField(default=False)
    #: Not its name any more, or never: a certificate of the server that is in force has it.
    held = models.BooleanField(default=False)
    #: The administrator who accepted it although it lies outside the name policy.
    accepted_by = models.CharField(max_length=150, blank=True)
    accepted_at = models.DateTimeField(null=True)
    #: For which public key: another one that was not made here needs another acceptance.
    accepted_key = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server", "name"], name="server_name_once"),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(shared=False),
                name="server_name_belongs_to_one_server",
            ),
        ]
        indexes = [models.Index(fields=["name"], name="server_name_holders")]

    def __str__(self) -> str:
        return f"{self.name} of {self.server}"
