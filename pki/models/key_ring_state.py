"""Which key of the ring seals now, and the lock under which that is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import NamedTuple

from django.db import connection, models, transaction

from pki.errors import Conflict


class Ring(StrEnum):
    """Which keys open a record."""

    MASTER = "master"
    #: Derived from those, for OCSP responders only.
    RESPONDER = "responder"


class SealingKeys(NamedTuple):
    """Identifiers of the keys that seal now."""

    master: str
    responder: str

    def of(self, ring: str) -> str:
        return self.responder if ring == Ring.RESPONDER else self.master


class KeyRingState(models.Model):
    """The one row that says which key of each ring seals.

    Who stores a sealed record reads it under a shared lock that lasts to the commit; who
    changes it waits for all of those. So nothing is committed under a key that is not the
    one named here, whatever ring a process has in its memory.
    """

    master_key = models.CharField(max_length=16)
    responder_key = models.CharField(max_length=16)

    def __str__(self) -> str:
        return f"sealing under {self.master_key}"

    @classmethod
    def shared(cls) -> SealingKeys | None:
        """Inside a transaction, and unchanged until it ends; None before anything was sealed."""
        # On SQLite the transaction itself keeps other writers out.
        lock = " FOR SHARE" if connection.vendor == "postgresql" else ""
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT master_key, responder_key FROM pki_keyringstate WHERE id = 1{lock}"  # noqa: S608
            )
            row = cursor.fetchone()
        return SealingKeys(*row) if row else None

    @classmethod
    @contextmanager
    def changing(cls) -> Iterator[None]:
        """A transaction in which nobody else stores a sealed record."""
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    # Of the table: a lock of the row would wait for ever under steady load.
                    cursor.execute("LOCK TABLE pki_keyringstate IN EXCLUSIVE MODE")
            yield


@contextmanager
def in_transaction() -> Iterator[None]:
    """The one there is, or a new one."""
    if connection.in_atomic_block:
        yield
    else:
        with transaction.atomic():
            yield


def ring_changed() -> Conflict:
    return Conflict(
        "The master key was changed while this was being sealed, so nothing was stored. Try again.",
        code="vault.ring_changed",
    )
