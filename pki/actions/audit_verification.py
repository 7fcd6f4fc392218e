"""Reading the whole audit trail, and naming the first event that is not as it was written."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max
from django.utils import timezone

from pki.actions.audit_key import AuditKey, audit_key, stored
from pki.actions.audit_note import is_stored, lost, noted, parse_seal
from pki.actions.audit_proof import UNREADABLE, is_genuine, mark, seal_value
from pki.actions.audit_sealing import FIELDS, LATE, marks_of
from pki.models import AuditEvent, AuditSeal, AuditVerification

#: Rows read at once.
CHUNK = 2000
#: Copies that are looked at; the first one is named.
COPIES = 1000


@dataclass(frozen=True)
class Found:
    """What a verification saw; ``fault`` is empty when everything is in order."""

    events: int
    seals: int
    #: Not sealed yet; the next run of the job does it.
    unsealed: int
    #: The newest seal, as text; empty before the first.
    newest: str
    fault: str = ""


@dataclass(frozen=True)
class Event:
    id: int
    proof: bytes
    values: list[Any]

    def __str__(self) -> str:
        if not self.values:
            return f"Event {self.id:,}"
        return f"Event {self.id:,} ({self.values[0]}, {self.values[1]:%Y-%m-%d %H:%M:%S} UTC)"


class Fault(Exception):
    """The first thing that is wrong, as a sentence."""


@dataclass
class Trail:
    """The walk through events and seals side by side, in the order of ids."""

    now: datetime
    key: AuditKey = field(init=False)
    #: By their ids, the events they are copies of.
    copies: dict[int, int] = field(default_factory=dict)
    #: Events that came after the seal over their place: by id, the mark that a later seal has.
    late: dict[int, bytes] = field(default_factory=dict)
    events: int = 0
    seals: int = 0
    newest: AuditSeal | None = None
    _waiting: deque[Event] = field(default_factory=deque)

    def walk(self) -> int:
        """How many events are not sealed yet. Raises Fault."""
        rows = all_events()
        for seal in all_seals():
            self.check_chain(seal)
            self.check_events(seal, self.taken(rows, seal.last_id))
            self.newest = seal
            self.seals += 1
        self.check_seals_there()
        unsealed = 0
        for event in self.taken(rows, None):
            self.check_event(event)
            unsealed += 1
        return unsealed

    def taken(self, rows: Iterator[Event], last: int | None) -> Iterator[Event]:
        """Events up to this id; the one after it waits for the next seal."""
        while True:
            if not self._waiting:
                event = next(rows, None)
                if event is None:
                    return
                self._waiting.append(event)
            if last is not None and self._waiting[0].id > last:
                return
            self.events += 1
            yield self._waiting.popleft()

    def check_chain(self, seal: AuditSeal) -> None:
        before = self.newest
        expected = before.number + 1 if before else 1
        after = before.last_id if before else 0
        if seal.number != expected:
            raise Fault(
                f"Seal {expected:,} is missing; it covered the events from {after + 1:,} on, up to "
                f"{seal.after_id:,}."
            )
        covers = f"It covers the events from {seal.after_id + 1:,} to {seal.last_id:,}."
        if bytes(seal.value) != seal_value(seal, self.key.secret):
            raise Fault(f"Seal {seal.number:,} was altered, or is not of this product. {covers}")
        previous = bytes(before.value) if before else b""
        if seal.after_id != after or bytes(seal.previous) != previous:
            raise Fault(f"Seal {seal.number:,} does not follow the one before. {covers}")

    def check_events(self, seal: AuditSeal, found: Iterable[Event]) -> None:
        """Every id of the range is a gap, an event that came late, or has the seal's mark."""
        gaps = deque(seal.gaps)
        marks = marks_of(seal)
        awaited = seal.after_id + 1
        for event in found:
            self.check_event(event)
            awaited = skip_gaps(awaited, gaps, event.id)
            if event.id < awaited:
                self.check_late(event, seal)
                continue
            if event.id > awaited:
                raise missing(awaited, seal)
            if mark(event.values, event.proof, self.key.secret) != next(marks, b""):
                raise Fault(f"{event} is not the event that was sealed under this number.")
            awaited += 1
        awaited = skip_gaps(awaited, gaps, seal.last_id + 1)
        if awaited <= seal.last_id:
            raise missing(awaited, seal)

    def check_event(self, event: Event) -> None:
        """By itself, whatever the seals say."""
        if not event.values:
            raise Fault(f"{event} was altered: a column holds what it never can.")
        if event.id < 1 or (not event.proof and event.id > self.key.begins_after):
            raise Fault(f"{event} was inserted: the product did not write it.")
        if event.proof and not is_genuine(event.values, event.proof, self.key.secret):
            raise Fault(f"{event} was altered, or inserted by somebody else than the product.")
        if event.id in self.copies:
            raise Fault(f"{event} was inserted: it is a copy of event {self.copies[event.id]:,}.")

    def check_late(self, event: Event, seal: AuditSeal) -> None:
        """In a gap of its seal: a later one names it, or the next run of the job will."""
        named = self.late.get(event.id)
        if named is None and seal.at > self.now - LATE:
            return
        if named != mark(event.values, event.proof, self.key.secret):
            raise Fault(f"{event} was inserted: its number was not in use when it was sealed.")
        # What is left over in the end is missing.
        self.late[event.id] = b""

    def check_seals_there(self) -> None:
        gone = next((pk for pk, left in self.late.items() if left), None)
        if gone is not None:
            raise Fault(f"Event {gone:,} is missing: it was sealed, and is not there any more.")


def skip_gaps(awaited: int, gaps: deque[list[int]], before: int) -> int:
    """The next id that has to be there, with the gaps that begin up to it passed over."""
    while gaps and gaps[0][0] == awaited and gaps[0][0] <= before:
        awaited = gaps.popleft()[1] + 1
    return awaited


def missing(awaited: int, seal: AuditSeal) -> Fault:
    return Fault(
        f"Event {awaited:,} is missing: it was sealed at {seal.at:%Y-%m-%d %H:%M} UTC, and is not "
        "there any more."
    )


def verify(*seals: str) -> Found:
    """The whole trail; ``seals`` were kept elsewhere and have to be in the chain.

    Raises InvalidInput ``audit.seal`` for a text that is none.
    """
    for text in seals:
        parse_seal(text)
    trail = Trail(timezone.now())
    fault, unsealed = "", 0
    try:
        trail.key = key_in_database()
        trail.copies, trail.late = copies_by_id(), late_marks()
        unsealed = trail.walk()
        for text in [*filter(None, [noted()]), *seals]:
            if not is_stored(text):
                raise Fault(lost(text))
    except Fault as found:
        fault = str(found)
    except UNREADABLE:
        after = f" after {trail.newest}" if trail.newest else ""
        fault = f"A seal{after} was altered: it cannot be read."
    return Found(trail.events, trail.seals, unsealed, str(trail.newest or ""), fault)


def key_in_database() -> AuditKey:
    """Whatever this process remembers. Raises Fault, and what the key ring raises."""
    found = stored()
    if found is None and (
        AuditSeal.objects.exists() or AuditEvent.objects.exclude(proof=b"").exists()
    ):
        raise Fault(
            "The secret of the audit trail is missing from the database, so nothing in it can be "
            "verified."
        )
    return found or audit_key()


def all_events() -> Iterator[Event]:
    """By id, without keeping more than a part in memory or a cursor open."""
    ids = AuditEvent.objects.order_by("id").values_list("id", flat=True)
    last: int | None = None
    while True:
        rows = AuditEvent.objects.order_by("id").values_list(*FIELDS)
        if last is not None:
            rows = rows.filter(id__gt=last)
        try:
            part = [Event(pk, bytes(shown), values) for pk, shown, *values in rows[:CHUNK]]
        except UNREADABLE:
            after = ids if last is None else ids.filter(id__gt=last)
            part = [readable(pk) for pk in after[:CHUNK]]
        if not part:
            return
        yield from part
        last = part[-1].id


def readable(pk: int) -> Event:
    """Without its values where a column holds what it never can."""
    try:
        _, shown, *values = AuditEvent.objects.values_list(*FIELDS).get(pk=pk)
        return Event(pk, bytes(shown), values)
    except UNREADABLE:
        return Event(pk, b"", [])


def all_seals() -> Iterator[AuditSeal]:
    rows = AuditSeal.objects.order_by("number")
    part = list(rows[:CHUNK])
    while part:
        yield from part
        part = list(rows.filter(number__gt=part[-1].number)[:CHUNK])


def late_marks() -> dict[int, bytes]:
    """Of the few events that came late."""
    found: dict[int, bytes] = {}
    for seal in AuditSeal.objects.exclude(late=[]).order_by("number").iterator():
        found |= zip(seal.late, list(marks_of(seal))[-len(seal.late) :], strict=False)
    return found


def copies_by_id() -> dict[int, int]:
    """The newest of the events that share a proof, and one of the others."""
    rows = (
        AuditEvent.objects.exclude(proof=b"")
        .order_by()
        .values("proof")
        .annotate(times=Count("id"), newest=Max("id"))
        .filter(times__gt=1)
    )
    found: dict[int, int] = {}
    for row in rows[:COPIES]:
        others = AuditEvent.objects.filter(proof=row["proof"]).order_by("id")
        first, *copies = others.values_list("id", flat=True)[:COPIES]
        found |= dict.fromkeys(copies, first)
    return found


def verify_and_keep(now: datetime) -> AuditVerification:
    """What was found, for the pages and reminders."""
    found = verify()
    row = AuditVerification.objects.filter(pk=1).first() or AuditVerification(pk=1)
    row.at, row.events, row.seal, row.fault = now, found.events, found.newest, found.fault[:500]
    row.failing_since = (row.failing_since or now) if found.fault else None
    row.save()
    return row
