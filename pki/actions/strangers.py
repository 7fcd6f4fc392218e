"""Events that anybody can cause, written within bounds: so many a minute, the rest counted.

Each is written once a minute for an address (IPv6: a /64), and over all addresses `CEILING`
times: each kind of event by itself, so that a flood of one does not hide another. One more
event then says how many were not written. Those are counted in this process and stored once a
second at most, so that a flood does not keep the database busy, and at the latest with the
next request of any sort or at the end of the process.
"""

import atexit
import logging
import time
from collections import Counter
from datetime import datetime
from threading import Lock
from typing import Any

from django.core.signals import request_started
from django.db import Error, transaction
from django.db.models import F, Model, QuerySet
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.audit import record
from pki.actions.counters import is_first, network_of
from pki.models import TrailMinute

logger = logging.getLogger(__name__)

#: How often an event is written in a minute, over all addresses.
CEILING = 20
#: Seconds between two times that the counts are stored.
STORE_EVERY = 1.0


class Counts:
    """What this process knows of the minute, and what it has not stored yet."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.forget()

    def forget(self) -> None:
        self.minute: datetime | None = None
        self.written: set[tuple[str, str, str]] = set()
        self.full: set[str] = set()
        self.unstored: Counter[tuple[datetime, str]] = Counter()
        self.stored_at = float("-inf")

    def begins(self, minute: datetime) -> bool:
        """Whether this is the first event of a minute here."""
        with self.lock:
            if self.minute == minute:
                return False
            self.minute, self.written, self.full = minute, set(), set()
            return True

    def may_be_new(self, key: tuple[str, str, str]) -> bool:
        with self.lock:
            if key[0] in self.full or key in self.written:
                return False
            self.written.add(key)
            return True

    def add(self, minute: datetime, event: str, number: int = 1) -> None:
        with self.lock:
            self.unstored[minute, event] += number

    def take(self) -> "Counter[tuple[datetime, str]]":
        with self.lock:
            taken, self.unstored = self.unstored, Counter()
            self.stored_at = time.monotonic()
            return taken


counts = Counts()


def record_bounded(
    actor: Actor, event: str, subject: Model | None = None, *, sort: str = "", **detail: Any
) -> None:
    """As `record`, for what strangers cause. ``sort`` tells apart what is written separately.

    Called outside of transactions, and never fails: whoever is refused is refused.
    """
    minute = minute_of(timezone.now())
    key = (event, sort, network_of(actor.address))
    try:
        if counts.begins(minute):
            store()
            close_minutes(minute)
        if not (counts.may_be_new(key) and written(minute, key, actor, subject, detail)):
            counts.add(minute, event)
            store_if_due()
    except Error as error:
        counts.add(minute, event)
        logger.warning("A refusal could not be written to the audit trail: %s", error)


def written(
    minute: datetime,
    key: tuple[str, str, str],
    actor: Actor,
    subject: Model | None,
    detail: dict[str, Any],
) -> bool:
    """Unless another process wrote the same, or there were as many as may be."""
    if not is_first("trail", minute.isoformat(), *key, seconds=60):
        return False
    with transaction.atomic():
        rows = counted(minute, key[0]).filter(written__lt=CEILING)
        if not rows.update(written=F("written") + 1):
            counts.full.add(key[0])
            return False
        record(actor, key[0], subject, **detail)
    return True


def counted(minute: datetime, event: str) -> "QuerySet[TrailMinute]":
    TrailMinute.objects.bulk_create(
        [TrailMinute(minute=minute, event=event)], ignore_conflicts=True
    )
    return TrailMinute.objects.filter(minute=minute, event=event)


def store_if_due(**_: object) -> None:
    """At each request: nothing to do is the normal case, and costs nothing."""
    if counts.unstored and time.monotonic() - counts.stored_at >= STORE_EVERY:
        store()


def store() -> None:
    """What was counted here, to the counts of all processes; what cannot be stored is kept."""
    taken = counts.take()
    if not taken:
        return
    try:
        with transaction.atomic():
            kept = {
                key: number
                for key, number in taken.items()
                if not counted(*key).update(more=F("more") + number)
            }
    except Error as error:
        kept = dict(taken)
        logger.warning("Counts for the audit trail could not be stored: %s", error)
    for (minute, event), number in kept.items():
        counts.add(minute, event, number)


def close_minutes(now: datetime) -> int:
    """One event for each minute that is over and had more than was written; how many."""
    over = TrailMinute.objects.filter(minute__lt=minute_of(now))
    with transaction.atomic():
        rows = list(over.select_for_update().order_by("minute", "event"))
        more: dict[datetime, dict[str, int]] = {}
        for row in rows:
            if row.more:
                more.setdefault(row.minute, {})[row.event] = row.more
        for minute, events in more.items():
            total = sum(events.values())
            record(SYSTEM, "audit.more", minute=minute.isoformat(), number=total, events=events)
        TrailMinute.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(more)


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


request_started.connect(store_if_due)
atexit.register(store)
