"""The whole database as it is at one moment, read while everybody else goes on writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

#: By what models are asked: ``Model.objects.using(SNAPSHOT)``.
SNAPSHOT = "snapshot"


@contextmanager
def snapshot() -> Iterator[str]:
    """Its alias: a connection of its own in one read-only transaction.

    Of its own, because on SQLite the product's connections begin every transaction by locking
    out other writers; this one only reads, so writers go on in the write-ahead log behind it.
    """
    own = type(connections[DEFAULT_DB_ALIAS])(settings_of_its_own(), alias=SNAPSHOT)
    connections[SNAPSHOT] = own
    try:
        with transaction.atomic(using=SNAPSHOT):
            if own.vendor == "postgresql":
                with own.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield SNAPSHOT
    finally:
        own.close()
        del connections[SNAPSHOT]


def settings_of_its_own() -> dict[str, Any]:
    options = dict(connection.settings_dict.get("OPTIONS") or {})
    if connection.vendor == "sqlite":
        options["transaction_mode"] = "DEFERRED"
        options["init_command"] = f"{options['init_command']}; PRAGMA query_only=ON"
    return {**connection.settings_dict, "OPTIONS": options}
