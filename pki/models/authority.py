"""An authority: a name and a key that sign certificates (RFC 5280, section 3.2)."""

import uuid

from django.db import models


class Authority(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    common_name = models.CharField(max_length=64)
    certificate = models.OneToOneField(
        "pki.Certificate", on_delete=models.PROTECT, related_name="authority_of"
    )
    private_key = models.OneToOneField("pki.PrivateKey", on_delete=models.PROTECT)
    #: New certificates are signed by the active authority; there is one at most.
    active = models.BooleanField(default=True)
    imported = models.BooleanField(default=False)
    #: Nobody is to trust it any more: its successor took over, or it never came to that.
    retired_at = models.DateTimeField(null=True)
    #: Its name and key, signed by the root before it: sent along with what it signs, so that
    #: who knows only that root accepts it. Empty when nobody needs it.
    bridge = models.OneToOneField(
        "pki.Certificate", on_delete=models.PROTECT, null=True, related_name="bridge_to"
    )
    #: How many of its certificates were revoked, counted where they are: tells in one small
    #: read whether a revocation list or a cached OCSP answer still says everything.
    revocations = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "authorities"
        constraints = [
            models.UniqueConstraint(
                fields=["active"], condition=models.Q(active=True), name="one_active_authority"
            )
        ]

    def __str__(self) -> str:
        return self.common_name

    def get_absolute_url(self) -> str:
        return f"/authorities/{self.pk}/"
