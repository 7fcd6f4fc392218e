"""The audit trail: whether it is as it was written."""

from collections.abc import Iterator

from pki.actions.audit_verification import verify
from pki.errors import CertiflowError
from pki.management.diagnosis.finding import Finding, mend, ok

AUDIT = "Audit trail"


def findings() -> Iterator[Finding]:
    try:
        found = verify()
    except CertiflowError as error:
        yield mend(AUDIT, error.message, "Without its secret nothing can be recorded or verified.")
        return
    if found.fault:
        yield mend(
            AUDIT,
            found.fault,
            "Keep a copy of the database, find out who could write to it, and compare it with a "
            "backup; docs/audit.md says how.",
        )
    else:
        yield ok(AUDIT, f"{found.events:,} events are as they were written.")
