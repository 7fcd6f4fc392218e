"""A private key at rest, sealed by the vault."""

import uuid

from django.db import models

from pki.models.key_ring_state import Ring
from pki.models.sealed import Sealed


class PrivateKey(Sealed):
    """``sealed`` is the vault's ciphertext of the PKCS#8 DER; nothing here opens it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    algorithm = models.CharField(max_length=16, help_text="a key specification, such as rsa-2048")
    public_key_sha256 = models.CharField(max_length=64, db_index=True)
    ring = models.CharField(
        max_length=16, default=Ring.MASTER.value, help_text="which keys open it"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.algorithm} key {self.public_key_sha256[:16]}"

    @property
    def kind_of_ring(self) -> str:
        return self.ring

    @property
    def associated_data(self) -> bytes:
        """Binds the ciphertext to this row: moved to another one it does not open."""
        return f"pki.PrivateKey:{self.pk}:{self.public_key_sha256}".encode()
