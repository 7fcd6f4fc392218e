"""Private keys on their way into the database and out of it, always sealed at rest."""

from pki.actions.key_ring import current_ring
from pki.models import PrivateKey
from pki.vault import sealing
from pki.x509 import keys


def sealed_row(key: keys.PrivateKey) -> PrivateKey:
    """An unsaved row that holds ``key`` sealed."""
    row = PrivateKey(
        algorithm=str(keys.spec_of(key)),
        public_key_sha256=keys.public_key_sha256(key.public_key()),
    )
    row.sealed = sealing.seal(keys.to_der(key), row.associated_data, current_ring())
    row.sealed_under = sealing.sealed_under(row.sealed)
    return row


def open_key(row: PrivateKey) -> keys.PrivateKey:
    """The key of ``row``. Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    der = sealing.open_sealed(bytes(row.sealed), row.associated_data, current_ring())
    return keys.load_trusted(der)
