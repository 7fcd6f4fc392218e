"""The secret under which audit events are proven, sealed by the ring as every other secret."""

import base64
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from pki.actions.audit_proof import KEY_LENGTH
from pki.actions.key_ring import current_ring
from pki.actions.sealed_rows import keep
from pki.actions.stored_secrets import open_secret, sealed_secret
from pki.errors import CertiflowError
from pki.models import AuditEvent, Secret
from pki.vault.ring import KeyRing

#: Of its row: whatever else is in the database, there is one, in this place.
SECRET_ID = UUID("9b4d6a52-0f0e-4f6b-8d0a-61756469743a")
#: Seconds after which a process reads it again: a restored backup brings another one.
FRESH = 10.0


@dataclass(frozen=True)
class AuditKey:
    secret: bytes
    #: Events up to this id are of before it was made and have no proof.
    begins_after: int

    def __repr__(self) -> str:
        return f"AuditKey(begins_after={self.begins_after})"


_known: tuple[AuditKey, float] | None = None
_ring: ContextVar[KeyRing | None] = ContextVar("ring", default=None)


def audit_key() -> AuditKey:
    """Made at its first use; kept open in the process.

    Raises what the key ring raises, and Unavailable ``vault.damaged``: without it nothing can be
    recorded, so nothing is done either.
    """
    known = None if _ring.get() else _known
    if known is not None and time.monotonic() - known[1] < FRESH:
        return known[0]
    try:
        found = stored() or made()
    except CertiflowError:
        # The ring was exchanged under a process that works: what it does is still recorded.
        if known is None:
            raise
        return known[0]
    if _ring.get() is None:
        # Not before the transaction that made it is committed.
        transaction.on_commit(partial(remember, found))
    return found


def remember(key: AuditKey) -> None:
    global _known
    _known = (key, time.monotonic())


def forget() -> None:
    global _known
    _known = None


@contextmanager
def under(ring: KeyRing) -> Iterator[None]:
    """The key is opened, or made, under this ring, and not remembered afterwards."""
    token = _ring.set(ring)
    try:
        yield
    finally:
        _ring.reset(token)
        forget()


def ring_in_use() -> KeyRing:
    return _ring.get() or current_ring()


def stored() -> AuditKey | None:
    row = Secret.objects.filter(pk=SECRET_ID).first()
    if row is None:
        return None
    facts = open_secret(row, ring_in_use())
    return AuditKey(base64.b64decode(facts["audit_key"]), int(facts["begins_after"]))


def store(row: Secret) -> None:
    """Unless another process has stored its own."""
    if _ring.get() is not None:
        # A backup of before there was one is being restored, which is done by one process alone.
        Secret.objects.bulk_create([row], ignore_conflicts=True)
        return
    with suppress(IntegrityError), transaction.atomic():
        keep(row)


def made() -> AuditKey:
    """Of two processes that make it at once, both get the one that was first."""
    newest = AuditEvent.objects.aggregate(newest=Max("id"))["newest"] or 0
    # Under names of their own: no action that seals what a person chose can put it in here.
    facts = {
        "audit_key": base64.b64encode(os.urandom(KEY_LENGTH)).decode(),
        "begins_after": str(newest),
    }
    store(sealed_secret(facts, ring_in_use(), pk=SECRET_ID))
    found = stored()
    if found is None:
        raise RuntimeError("The secret of the audit trail was stored and is not there.")
    return found
