"""A cache in the database for counters: a flood of new ones does not push the older ones out."""

from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router

#: Part of the room that stays taken when some has to be made.
KEPT = 0.9


class CounterCache(DatabaseCache):
    """Django's own removes by the order of keys, whatever is still counted there."""

    _table: str

    def remove_expired(self) -> int:
        with self.cursor() as cursor:
            return self._remove_expired(cursor, datetime.now(UTC))

    def cursor(self) -> Any:
        return connections[self.database()].cursor()

    def database(self) -> str:
        return router.db_for_write(self.cache_model_class)

    def _remove_expired(self, cursor: Any, now: datetime) -> int:
        connection = connections[self.database()]
        quote = connection.ops.quote_name
        cursor.execute(
            f"DELETE FROM {quote(self._table)} WHERE {quote('expires')} < %s",  # noqa: S608
            [connection.ops.adapt_datetimefield_value(now)],
        )
        return int(cursor.rowcount)

    def _cull(self, db: str, cursor: Any, now: datetime, num: int) -> None:
        """What is over goes first, then what would be over first."""
        left = num - self._remove_expired(cursor, now)
        if left <= self._max_entries:
            return
        quote = connections[db].ops.quote_name
        table, key, expires = quote(self._table), quote("cache_key"), quote("expires")
        cursor.execute(
            f"DELETE FROM {table} WHERE {key} IN "  # noqa: S608
            f"(SELECT {key} FROM {table} ORDER BY {expires} LIMIT %s)",
            [left - int(self._max_entries * KEPT)],
        )
