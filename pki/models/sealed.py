"""What every record sealed by the vault has."""

from typing import Any

from django.db import models

from pki.models.key_ring_state import KeyRingState, Ring, in_transaction, ring_changed


class Sealed(models.Model):
    """``sealed`` is the vault's ciphertext; nothing here opens it."""

    sealed = models.BinaryField()
    sealed_under = models.CharField(
        max_length=16, db_index=True, help_text="identifier of the ring key that sealed it"
    )
    #: The keys it was sealed with in this process: only they open it if the ring changes
    #: before it is stored.
    sealed_with: Any = None

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises Conflict ``vault.ring_changed``; what `sealed_rows.keep` sees to."""
        fields = kwargs.get("update_fields")
        if fields is not None and "sealed" not in fields:
            super().save(*args, **kwargs)
            return
        with in_transaction():
            keys = KeyRingState.shared()
            if keys is None or keys.of(self.kind_of_ring) != self.sealed_under:
                raise ring_changed()
            super().save(*args, **kwargs)

    @property
    def kind_of_ring(self) -> str:
        return Ring.MASTER

    @property
    def associated_data(self) -> bytes:
        raise NotImplementedError
