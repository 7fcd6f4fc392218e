"""The audit trail: seals what is new, and verifies all of it once a day."""

from datetime import timedelta

from django.utils import timezone

from pki.actions.audit_sealing import seal_new
from pki.actions.audit_verification import verify_and_keep
from pki.jobs.kind import Kind


def seal() -> str:
    made = seal_new()
    events = sum(each.count for each in made)
    return f"{events:,} events sealed, up to seal {made[-1]}" if made else "Nothing new"


def verify() -> str:
    found = verify_and_keep(timezone.now())
    return found.fault or f"{found.events:,} events are as they were written"


SEALING = Kind(
    "audit-seals",
    "Seals of the audit trail",
    "Seals what was recorded since the last run, so that nobody can change or remove it unnoticed.",
    timedelta(minutes=1),
    seal,
)
VERIFICATION = Kind(
    "audit-verification",
    "Verification of the audit trail",
    "Reads all of it and compares it with its seals. What is wrong stands on the overview and the "
    "administrators are reminded of it.",
    timedelta(days=1),
    verify,
)
