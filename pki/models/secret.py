"""A text nobody may read at rest, sealed by the vault: an address with a token in it, a key."""

import uuid

from django.db import models

from pki.models.sealed import Sealed


class Secret(Sealed):
    """``sealed`` is the vault's ciphertext of a JSON object; nothing here opens it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return f"secret {str(self.pk)[:8]}"

    @property
    def associated_data(self) -> bytes:
        """Binds the ciphertext to this row: moved to another one it does not open."""
        return f"pki.Secret:{self.pk}".encode()
