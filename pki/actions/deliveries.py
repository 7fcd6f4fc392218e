"""Sending messages until they arrive, from any number of processes.

A message is claimed under a lease, sent outside of any transaction, and finished. Whoever
dies in between gives it back by letting the lease run out; it is then sent again under the
same identifier (docs/decisions/0014).
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.calls import Ready, ready_call
from pki.actions.mails import reminders_mail, trial_mail
from pki.actions.postbox import Postbox
from pki.errors import Conflict
from pki.messaging.outcome import Outcome
from pki.models import Delivery, DeliverySort, DeliveryState, Notice

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
#: After each failure but the last; together about three days.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=24),
    timedelta(hours=24),
)
#: What was given up is told for so long after it was made.
TOLD_FOR = timedelta(days=10)
MAILS = (DeliverySort.URGENT, DeliverySort.DIGEST)
CALLS = (DeliverySort.WEBHOOK, DeliverySort.CHAT)
#: Messages looked up at once, and calls made at the same time.
LOOKED_UP = 500
AT_ONCE = 16
FAULT = Outcome(False, "A fault of this product kept it from being sent; its log says which.")
BROKEN_OFF = "The process that was sending it ended; whether it arrived is not known."


@dataclass(frozen=True)
class Delivered:
    sent: int
    later: int
    failed: int


def deliver(now: datetime, *, seconds: float = 45.0) -> Delivered:
    """Send what is due, for about ``seconds``; what is left is taken by the next run."""
    begun = time.monotonic()
    states: Counter[str] = Counter()
    # A mail server that takes its time leaves some of it to the others.
    for state in deliver_mails(now, begun + seconds * 0.6):
        states[state] += 1
    for state in deliver_calls(now, begun + seconds):
        states[state] += 1
    return Delivered(
        states[DeliveryState.SENT], states[DeliveryState.QUEUED], states[DeliveryState.FAILED]
    )


def deliver_mails(now: datetime, until: float) -> Iterator[str]:
    """One after the other, over one connection."""
    with Postbox() as postbox:
        for pk in due(now, MAILS):
            if time.monotonic() >= until:
                return
            row = claim(pk)
            if row is not None and not withdrawn(row):
                yield finish(row, *timed(partial(post, row, postbox)))


def deliver_calls(now: datetime, until: float) -> Iterator[str]:
    """Several at a time over the network, kept one after the other."""
    keys = due(now, CALLS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for start in range(0, len(keys), AT_ONCE):
            if time.monotonic() >= until:
                return
            claimed = [row for pk in keys[start : start + AT_ONCE] if (row := claim(pk))]
            rows = [row for row in claimed if not withdrawn(row)]
            calls = [ready(row) for row in rows]
            for row, came in zip(rows, pool.map(timed, calls), strict=True):
                yield finish(row, *came)


def due(now: datetime, sorts: tuple[DeliverySort, ...]) -> list[UUID]:
    """Of paused channels none."""
    rows = Delivery.objects.filter(
        Q(state=DeliveryState.QUEUED, next_attempt_at__lte=now)
        | Q(state=DeliveryState.SENDING, leased_until__lt=now),
        Q(channel=None) | Q(channel__paused=False),
        sort__in=sorts,
    )
    return list(rows.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:LOOKED_UP])


def claim(pk: UUID) -> Delivery | None:
    """The message if it is due and nobody else has it: whoever changes its state has it."""
    now = timezone.now()
    taken = {
        "state": DeliveryState.SENDING,
        "leased_until": now + LEASE,
        "attempts": F("attempts") + 1,
    }
    with transaction.atomic():
        rows = Delivery.objects.filter(pk=pk)
        fresh = rows.filter(state=DeliveryState.QUEUED, next_attempt_at__lte=now).update(**taken)
        left = not fresh and rows.filter(state=DeliveryState.SENDING, leased_until__lt=now).update(
            **taken
        )
        if not fresh and not left:
            return None
        row = Delivery.objects.select_related("channel__secret").get(pk=pk)
        if left:
            row.log = [*row.log, entry(now, BROKEN_OFF, 0)]
            row.save(update_fields=["log"])
    return row


def withdrawn(row: Delivery) -> bool:
    """Whether everything it was to tell is gone, as with a server; then it goes too."""
    if row.sort == DeliverySort.TEST or row.tellings.exists() or removed(row):
        return False
    row.delete()
    return True


def removed(row: Delivery) -> bool:
    return not row.address and row.channel_id is None


def post(row: Delivery, postbox: Postbox) -> Outcome:
    if row.sort == DeliverySort.TEST:
        return postbox.send(trial_mail(row))
    return postbox.send(reminders_mail(row, notices_of(row), timezone.now()))


def ready(row: Delivery) -> Ready:
    try:
        return ready_call(row, notices_of(row), timezone.now())
    except Exception:
        logger.exception("%s (%s) cannot be written.", row, row.pk)
        return lambda: FAULT


def notices_of(row: Delivery) -> list[Notice]:
    return list(Notice.objects.filter(tellings__delivery=row).select_related("reminder"))


def timed(work: Callable[[], Outcome]) -> tuple[Outcome, int]:
    """With the milliseconds it took. One that cannot be sent for a fault of ours stops no other."""
    begun = time.monotonic()
    try:
        outcome = work()
    except Exception:
        logger.exception("A message could not be sent.")
        outcome = FAULT
    return outcome, round((time.monotonic() - begun) * 1000)


def finish(claimed: Delivery, outcome: Outcome, milliseconds: int) -> str:
    """What came of the attempt is kept; the state the message has now.

    Whoever has lost the lease meanwhile leaves the state to the one who has it now, but for
    a message that did arrive.
    """
    now = timezone.now()
    with transaction.atomic():
        row = Delivery.objects.select_for_update().get(pk=claimed.pk)
        row.log = [*row.log, entry(now, outcome.words, milliseconds)]
        mine = row.state == DeliveryState.SENDING and row.leased_until == claimed.leased_until
        if outcome.arrived and row.state != DeliveryState.SENT:
            row.state, row.sent_at, row.leased_until = DeliveryState.SENT, now, None
        elif mine:
            put_off(row, outcome, now)
        row.save(update_fields=["log", "state", "sent_at", "leased_until", "next_attempt_at"])
    return row.state


def put_off(row: Delivery, outcome: Outcome, now: datetime) -> None:
    row.leased_until = None
    again = row.attempts <= len(PAUSES) and not outcome.final and row.sort != DeliverySort.TEST
    if again:
        row.state = DeliveryState.QUEUED
        row.next_attempt_at = now + PAUSES[row.attempts - 1]
    else:
        row.state = DeliveryState.FAILED


def entry(at: datetime, outcome: str, milliseconds: int) -> dict[str, object]:
    return {"at": at.isoformat(), "outcome": outcome[:500], "milliseconds": milliseconds}


def retry(delivery: Delivery, *, actor: Actor) -> Delivery:
    """Due at the next run, with every further attempt anew.

    Raises Conflict ``delivery.sent``, ``delivery.sending`` or ``delivery.removed``.
    """
    with transaction.atomic():
        row = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if row.state == DeliveryState.SENT:
            raise Conflict("This message has arrived already.", code="delivery.sent")
        if row.state == DeliveryState.SENDING:
            raise Conflict(
                "This message is being sent at this moment. Look again in a minute.",
                code="delivery.sending",
            )
        if removed(row) or row.sort == DeliverySort.TEST:
            raise Conflict(
                "This message has nowhere to go any more. Send a test from the page of the "
                "recipients instead.",
                code="delivery.removed",
            )
        row.state, row.attempts, row.next_attempt_at = DeliveryState.QUEUED, 0, timezone.now()
        row.save(update_fields=["state", "attempts", "next_attempt_at"])
        record(actor, "delivery.retried", row)
    return row


def failed_deliveries(now: datetime) -> int:
    """Given up lately."""
    return watched(now).filter(state=DeliveryState.FAILED).count()


def watched(now: datetime) -> "QuerySet[Delivery]":
    """Those of the last days whose fate is told: no tests, and nothing for removed channels."""
    untold = Q(address="", channel=None) | Q(sort=DeliverySort.TEST)
    return Delivery.objects.filter(created_at__gt=now - TOLD_FOR).exclude(untold)
