"""Sealing what is new in the audit trail, in batches, each chained to the one before.

No lock is taken and no event is changed. A database may give a transaction a lower id and
commit it later than another one with a higher id; so a seal lists the ids it did not find, and
a later one names those that have come since (docs/decisions/0021).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from pki.actions.audit_key import audit_key
from pki.actions.audit_note import newest_seal, note
from pki.actions.audit_proof import COLUMNS, mark, seal_value
from pki.models import AuditEvent, AuditSeal
from pki.models.audit_seal import MARK

#: Events under one seal.
BATCH = 1000
#: So long after a seal an event with a lower id may still be committed.
LATE = timedelta(days=1)
#: Gaps asked for at once.
ASKED = 100
FIELDS = ("id", "proof", *COLUMNS)


def seal_new(now: datetime | None = None) -> list[AuditSeal]:
    """Every event that no seal covers, under as many seals as it takes.

    Raises Conflict ``audit.rolled_back`` when the seal noted outside of the database is not in
    it; the new seals are stored all the same.
    """
    at = now or timezone.now()
    made = []
    while seal := next_seal(at):
        made.append(seal)
    note(newest_seal())
    return made


def next_seal(at: datetime) -> AuditSeal | None:
    """Stored; None when there is nothing new."""
    before = newest_seal()
    after = before.last_id if before else 0
    key = audit_key().secret
    new = events(AuditEvent.objects.filter(id__gt=after).order_by("id")[:BATCH], key)
    late = come_late(at, key)
    if not new and not late:
        return None
    seal = AuditSeal(
        number=before.number + 1 if before else 1,
        at=at,
        after_id=after,
        last_id=new[-1][0] if new else after,
        gaps=gaps(after, [pk for pk, _ in new]),
        late=[pk for pk, _ in late],
        marks=b"".join(each for _, each in [*new, *late]),
        previous=bytes(before.value) if before else b"",
    )
    seal.value = seal_value(seal, key)
    # Another process that seals at this moment has the number, and this one an error.
    seal.save(force_insert=True)
    return seal


def events(rows: Any, key: bytes) -> list[tuple[int, bytes]]:
    """Ids and marks."""
    found = rows.values_list(*FIELDS)
    return [(pk, mark(values, bytes(shown), key)) for pk, shown, *values in found]


def gaps(after: int, ids: Iterable[int]) -> list[list[int]]:
    found = []
    for pk in ids:
        if pk > after + 1:
            found.append([after + 1, pk - 1])
        after = pk
    return found


def come_late(at: datetime, key: bytes) -> list[tuple[int, bytes]]:
    """Events in the gaps of the last day's seals that no seal names yet."""
    recent = AuditSeal.objects.filter(at__gt=at - LATE).order_by("number")
    ranges: list[list[int]] = []
    named: set[int] = set()
    for found, late in recent.values_list("gaps", "late"):
        ranges += found
        named.update(late)
    came: list[tuple[int, bytes]] = []
    for start in range(0, len(ranges), ASKED):
        within = Q()
        for pair in ranges[start : start + ASKED]:
            within |= Q(id__range=pair)
        rows = AuditEvent.objects.filter(within).order_by("id")
        came += events(rows.exclude(id__in=named)[:BATCH], key)
    return came[:BATCH]


def marks_of(seal: AuditSeal) -> Iterator[bytes]:
    marks = bytes(seal.marks)
    return (marks[start : start + MARK] for start in range(0, len(marks), MARK))
