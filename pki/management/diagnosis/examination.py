"""The order in which things are looked at: what the rest stands on comes first."""

from collections.abc import Callable, Iterator

from django.db import DatabaseError

from pki.management.database_errors import reason
from pki.management.diagnosis import (
    audit,
    backups,
    certificates,
    database,
    files,
    names,
    settings,
    vault,
)
from pki.management.diagnosis.finding import Finding, Verdict, mend

Examination = Callable[[], Iterator[Finding]]


def examine() -> Iterator[Finding]:
    """Every finding; what needs the database is left out when there is none."""
    yield from files.findings()
    yield from settings.findings()
    for needed in (database.reachable, database.migrations):
        found = needed()
        yield found
        if found.verdict is Verdict.MEND:
            return
    for part in (
        database.findings,
        vault.findings,
        audit.findings,
        certificates.findings,
        names.findings,
        backups.findings,
    ):
        yield from guarded(part)


def guarded(part: Examination) -> Iterator[Finding]:
    """A damaged table ends its part of the examination and not the others."""
    try:
        yield from part()
    except DatabaseError as error:
        yield mend("Database", f"It refused a question: {reason(error)}.", "Restore a backup.")
