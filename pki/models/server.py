"""A CertiFlow server, which needs a CM Agent SSL certificate."""

from django.db import models

from pki.models.probe import ProbeState


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
    #: Whether it is looked at by itself, and where: an empty address is its own name.
    probed = models.BooleanField(default=True)
    probe_address = models.CharField(max_length=253, blank=True)
    probe_port = models.PositiveIntegerField(default=3003)
    #: Days before the end of validity at which it is renewed by itself; None: by hand.
    renew_days_ahead = models.PositiveSmallIntegerField(null=True, blank=True)
    renew_same_key = models.BooleanField(default=False)
    #: What the last look found; empty before the first.
    probe_state = models.CharField(max_length=12, choices=ProbeState, blank=True, db_index=True)
    probe_sha256 = models.CharField(max_length=64, blank=True)
    probed_at = models.DateTimeField(null=True)
    #: Since when it answers as the last look found.
    probe_state_since = models.DateTimeField(null=True)
    #: E-mail addresses of those who look after it.
    owners = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["fqdn"]

    def __str__(self) -> str:
        return self.fqdn

    def get_absolute_url(self) -> str:
        return f"/servers/{self.pk}/"

    @property
    def usage(self) -> ProbeState | None:
        """What the last look means for the certificate the server has now; None without one.

        A certificate that was renewed since is not in use yet, whatever the look said then.
        """
        if not self.probe_state or self.certificate is None:
            return None
        state = ProbeState(self.probe_state)
        if state == ProbeState.UNREACHABLE:
            return state
        if self.probe_sha256 == self.certificate.sha256:
            return ProbeState.IN_USE
        return ProbeState.OLD if state == ProbeState.IN_USE else state
