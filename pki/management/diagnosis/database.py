"""The database: that it answers, has its tables, is whole, and agrees with the clock."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from pki.management.database_errors import reason
from pki.management.diagnosis.finding import Finding, mend, ok
from pki.models import AuditEvent

#: Clocks of several nodes may differ by this much.
TOLERANCE = timedelta(minutes=5)


def reachable() -> Finding:
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return mend(
            "Database",
            f"It does not answer: {reason(error)}.",
            "Start it, or correct DATABASE_URL (without one, CERTIFLOW_DATA_DIR).",
        )
    return ok("Database", f"{connection.display_name} answers.")


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return mend(
            "Tables",
            f"{len(missing)} migrations are not applied.",
            "Run “certiflow setup” on a new installation, “certiflow migrate” after an update.",
        )
    return ok("Tables", "Every migration is applied.")


def findings() -> Iterator[Finding]:
    """What can be asked once the tables are there."""
    yield from whole()
    yield from cache_tables()
    yield clock()


def whole() -> Iterator[Finding]:
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check(1)")
        result = str(cursor.fetchone()[0])
    if result == "ok":
        yield ok("Database file", "It is whole.")
    else:
        yield mend("Database file", f"It is damaged: {result[:200]}.", "Restore a backup.")


def cache_tables() -> Iterator[Finding]:
    names = [
        str(settings.CACHES[alias]["LOCATION"])
        for alias in settings.CACHES
        if isinstance(caches[alias], BaseDatabaseCache)
    ]
    if not names:
        return
    missing = sorted(set(names) - set(connection.introspection.table_names()))
    if missing:
        yield mend(
            "Cache tables", f"{', '.join(missing)} missing, so nobody can sign in.",
            "Run “certiflow createcachetable”.",
        )  # fmt: skip
    else:
        yield ok("Cache tables", f"{', '.join(names)} are there.")


def clock() -> Finding:
    """By a clock that runs late, certificates end before they should."""
    now = timezone.now()
    newest = AuditEvent.objects.order_by("-at").values_list("at", flat=True).first()
    if newest is not None and newest > now + TOLERANCE:
        return mend(
            "Clock",
            f"It says {now:%Y-%m-%d %H:%M} UTC, and something was recorded at "
            f"{newest:%Y-%m-%d %H:%M} UTC already.",
            "Set this computer's clock, best by NTP, before anything is issued.",
        )
    return ok("Clock", f"It says {now:%Y-%m-%d %H:%M} UTC, after everything recorded so far.")
