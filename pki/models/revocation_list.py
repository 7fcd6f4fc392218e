"""The newest certificate revocation list of an authority (RFC 5280, section 5)."""

from django.db import models


class RevocationList(models.Model):
    authority = models.OneToOneField(
        "pki.Authority", on_delete=models.PROTECT, primary_key=True, related_name="revocation_list"
    )
    #: The CRL number of section 5.2.3; 0 until the first list is signed.
    number = models.BigIntegerField(default=0)
    this_update = models.DateTimeField(null=True)
    next_update = models.DateTimeField(null=True)
    entries = models.PositiveIntegerField(default=0)
    #: The authority's count of revocations when the entries were read: what the list knows.
    revocations = models.BigIntegerField(default=0)
    der = models.BinaryField(default=b"")
    #: Someone builds the next one since then; empty: nobody.
    building_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"revocation list {self.number} of {self.authority}"
