"""Envelope encryption: a secret under a data key of its own, that one under a ring key.

A sealed record is: version (1 byte), ring key identifier (8), nonce (12) and data key
under the ring key (48), nonce (12) and secret under the data key. Both ciphertexts are
AES-256-GCM with the record's identity as associated data, so that a record moved to
another row does not open.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pki.errors import Unavailable
from pki.vault.ring import KEY_LENGTH, KeyRing, RingKey

VERSION = b"\x01"
NONCE = 12
TAG = 16
IDENTIFIER = slice(1, 9)
WRAPPED = slice(9, 9 + NONCE + KEY_LENGTH + TAG)


def seal(secret: bytes, associated_data: bytes, ring: KeyRing) -> bytes:
    """``secret`` under a fresh data key under the first key of ``ring``."""
    data_key = secrets.token_bytes(KEY_LENGTH)
    return (
        header(ring.first)
        + encrypt(ring.first.secret, data_key, header(ring.first) + associated_data)
        + encrypt(data_key, secret, VERSION + associated_data)
    )


def open_sealed(sealed: bytes, associated_data: bytes, ring: KeyRing) -> bytes:
    """The secret. Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    data_key = unwrap(sealed, associated_data, ring)
    return decrypt(data_key, sealed[WRAPPED.stop :], VERSION + associated_data)


def reseal(sealed: bytes, associated_data: bytes, ring: KeyRing) -> bytes:
    """The same record with its data key under the first key; the secret is not decrypted."""
    data_key = unwrap(sealed, associated_data, ring)
    wrapped = encrypt(ring.first.secret, data_key, header(ring.first) + associated_data)
    return header(ring.first) + wrapped + sealed[WRAPPED.stop :]


def sealed_under(sealed: bytes) -> str:
    """The identifier of the ring key; empty if this is no sealed record."""
    return sealed[IDENTIFIER].hex() if sealed[:1] == VERSION else ""


def unwrap(sealed: bytes, associated_data: bytes, ring: KeyRing) -> bytes:
    if sealed[:1] != VERSION or len(sealed) < WRAPPED.stop + NONCE + TAG:
        raise damaged()
    key = ring.key(sealed_under(sealed))
    return decrypt(key.secret, sealed[WRAPPED], header(key) + associated_data)


def header(key: RingKey) -> bytes:
    return VERSION + bytes.fromhex(key.id)


def encrypt(key: bytes, plain: bytes, associated_data: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, associated_data)


def decrypt(key: bytes, text: bytes, associated_data: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(text[:NONCE], text[NONCE:], associated_data)
    except InvalidTag:
        raise damaged() from None


def damaged() -> Unavailable:
    return Unavailable(
        "A sealed private key or other secret does not open: the record was changed or moved in "
        "the database. Restore it from a backup; “certiflow doctor” names the records.",
        code="vault.damaged",
    )
