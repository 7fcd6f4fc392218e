"""Transactions that may reach the disk together with the next one.

Every commit of the product waits for the disk. A reservation need not: killed processes
lose nothing that the system has, and when the power fails between the reservation and
the certificate, the signature is lost with it and nobody has received anything. The
commit that follows a signature waits for both (docs/decisions/0002).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def not_waiting_for_the_disk() -> Iterator[None]:
    """As ``transaction.atomic()``, ordered before every later commit, but not synced by itself."""
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
    elif connection.vendor == "sqlite":
        with synchronous("NORMAL"), transaction.atomic():
            yield
    else:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
            yield


@contextmanager
def synchronous(level: str) -> Iterator[None]:
    """SQLite in its write-ahead mode: NORMAL leaves the sync to the next commit under FULL."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={level}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")
