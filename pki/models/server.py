"""A CertiFlow server, which needs a CM Agent SSL certificate."""

from django.db import models


class Server(models.Model):
    #: Lower case, A-labels (RFC 5890); may be a wildcard, ``*.example.com``.
    fqdn = models.CharField(max_length=253, unique=True)
    #: Further DNS names and IP addresses, as text, in the order given.
    additional_names = models.JSONField(default=list, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    certificate = models.OneToOneField(
        "pki.Certificate",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="current_for",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["fqdn"]

    def __str__(self) -> str:
        return self.fqdn

    def get_absolute_url(self) -> str:
        return f"/servers/{self.pk}/"
