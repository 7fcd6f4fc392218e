"""Signatures on webhooks, as Standard Webhooks describes them (symmetric, version 1)."""

import base64
import secrets

from cryptography.hazmat.primitives import hashes, hmac

PREFIX = "whsec_"
#: Bytes; the description asks for 24 to 64.
KEY_LENGTH = 32


def new_key() -> str:
    """A signing key as receivers enter it: ``whsec_`` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_LENGTH)).decode()


def signature(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``: HMAC-SHA256 of identifier, seconds and body."""
    made = hmac.HMAC(base64.b64decode(key.removeprefix(PREFIX)), hashes.SHA256())
    made.update(f"{message_id}.{timestamp}.".encode() + body)
    return f"v1,{base64.b64encode(made.finalize()).decode()}"
