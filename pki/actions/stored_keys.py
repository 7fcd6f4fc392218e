"""Private keys on their way into the database and out of it, always sealed at rest."""

from pki.actions.sealed_rows import open_row, seal_into
from pki.models import PrivateKey, Ring
from pki.x509 import keys


def sealed_row(key: keys.PrivateKey, *, ring: Ring = Ring.MASTER) -> PrivateKey:
    """An unsaved row that holds ``key`` sealed; `sealed_rows.keep` stores it."""
    row = PrivateKey(
        algorithm=str(keys.spec_of(key)),
        public_key_sha256=keys.public_key_sha256(key.public_key()),
        ring=ring.value,
    )
    seal_into(row, keys.to_der(key))
    return row


def open_key(row: PrivateKey) -> keys.PrivateKey:
    """The key of ``row``. Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    return keys.load_trusted(open_row(row))
