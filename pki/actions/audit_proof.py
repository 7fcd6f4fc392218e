"""What shows that the product wrote an audit event, and what chains the seals over them.

Nothing here reads the database. The form of an event is the same whichever database it was
read from, and before it was written; to change it means a new version.
"""

import ipaddress
import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.constant_time import bytes_eq

from pki.models import AuditEvent, AuditSeal
from pki.models.audit_seal import MARK

VERSION = b"\x01"
#: Keeps apart two events that are alike in every column.
NONCE = 16
TAG = 32
#: Version, nonce and HMAC.
LENGTH = len(VERSION) + NONCE + TAG
KEY_LENGTH = 32
#: Of what is covered; the id is not known when an event is written, so the seals cover it.
COLUMNS = (
    "event", "at", "actor", "user_id", "door", "address", "object_type", "object_id",
    "object_label", "detail",
)  # fmt: skip
#: What SQLite lets somebody put into a column of another kind raises one of these.
UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError)
EVENT, LEGACY, SEAL = (f"certiflow audit {kind} 1\n".encode() for kind in ("event", "old", "seal"))


def proof(event: AuditEvent, key: bytes) -> bytes:
    """For an event that is about to be written."""
    nonce = os.urandom(NONCE)
    values = [getattr(event, name) for name in COLUMNS]
    return VERSION + nonce + tag(key, EVENT + nonce, event_text(values))


def is_genuine(values: Sequence[Any], shown: bytes, key: bytes) -> bool:
    """Whether ``shown`` is the proof of an event with these `COLUMNS`."""
    if len(shown) != LENGTH or shown[:1] != VERSION:
        return False
    nonce, expected = shown[1 : 1 + NONCE], shown[1 + NONCE :]
    try:
        text = event_text(values)
    except UNREADABLE:
        return False
    return bytes_eq(tag(key, EVENT + nonce, text), expected)


def mark(values: Sequence[Any], shown: bytes, key: bytes) -> bytes:
    """What a seal repeats of an event; of one without a proof, over what it holds now."""
    if shown:
        return shown[1 + NONCE :][:MARK].ljust(MARK, b"\0")
    return tag(key, LEGACY, event_text(values))[:MARK]


def seal_value(seal: AuditSeal, key: bytes) -> bytes:
    head = [seal.number, moment(seal.at), seal.after_id, seal.last_id, seal.gaps, seal.late]
    marks, previous = bytes(seal.marks), bytes(seal.previous)
    return tag(key, SEAL, canonical([*head, marks.hex(), previous.hex()]))


def tag(key: bytes, head: bytes, text: bytes) -> bytes:
    made = hmac.HMAC(key, hashes.SHA256())
    made.update(head + text)
    return made.finalize()


def event_text(values: Sequence[Any]) -> bytes:
    """Of the values of `COLUMNS`."""
    event, at, actor, user_id, door, address, *subject, detail = values
    return canonical(
        [event, moment(at), actor, user_id, door, shortest(address), *subject, plain(detail)]
    )


def canonical(values: list[Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def shortest(address: str | None) -> str | None:
    """IPv6 in one form: databases store it in theirs."""
    if address is None or ":" not in address:
        return address
    return str(ipaddress.IPv6Address(address))


def plain(value: Any) -> Any:
    """JSON as it reads when any database, or a backup, has given it back."""
    match value:
        case float():
            # PostgreSQL keeps decimals: 1e3 comes back as 1000.
            return int(value) if value.is_integer() else value
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
    return value
