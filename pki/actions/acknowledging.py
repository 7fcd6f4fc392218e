"""Taking a reminder up, putting it off, and taking that back."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import Conflict, InvalidInput
from pki.models import Reminder

REASON_LIMIT = 300
#: Put off for longer, a matter is forgotten.
LONGEST = timedelta(days=90)
#: What counts down cannot be put off until later than this before its end.
SPARE = timedelta(days=1)
#: Reminders that are acknowledged at once.
MOST = 10_000


def acknowledge(reminder: Reminder, reason: str, *, actor: Actor) -> Reminder:
    """Somebody sees to it: told again only when it becomes urgent, and escalated no more.

    Raises InvalidInput on ``reason`` and Conflict ``reminder.closed``.
    """
    said = checked_reason(reason)
    with transaction.atomic():
        row = open_row(reminder)
        row.acknowledged_at, row.acknowledged_by = timezone.now(), actor.name[:150]
        row.snoozed_until, row.snoozed_by, row.reason = None, "", said
        row.save()
        record(actor, "reminder.acknowledged", row, reason=said)
    return row


def acknowledge_all(keys: Sequence[int], reason: str, *, actor: Actor) -> int:
    """All of these that are open and not acknowledged yet; how many. One audit event."""
    said = checked_reason(reason)
    if len(keys) > MOST:
        raise InvalidInput(
            f"These are more than {MOST:,} reminders. Narrow the list first.",
            code="reminder.too_many",
        )
    with transaction.atomic():
        done = Reminder.objects.filter(pk__in=keys, closed_at=None, acknowledged_at=None).update(
            acknowledged_at=timezone.now(),
            acknowledged_by=actor.name[:150],
            snoozed_until=None,
            snoozed_by="",
            reason=said,
        )
        record(actor, "reminder.acknowledged", reminders=done, reason=said)
    return done


def snooze(reminder: Reminder, until: datetime, reason: str, *, actor: Actor) -> Reminder:
    """Nothing is told of it until then; then it is told again.

    Raises InvalidInput on ``until`` or ``reason`` and Conflict ``reminder.closed``.
    """
    said = checked_reason(reason)
    now = timezone.now()
    with transaction.atomic():
        row = open_row(reminder)
        check_until(row, until, now)
        row.snoozed_until, row.snoozed_by, row.reason = until, actor.name[:150], said
        row.acknowledged_at, row.acknowledged_by = None, ""
        row.save()
        record(actor, "reminder.snoozed", row, until=until.isoformat(), reason=said)
    return row


def take_back(reminder: Reminder, *, actor: Actor) -> Reminder:
    """Neither acknowledged nor put off any more. Raises Conflict ``reminder.closed``."""
    with transaction.atomic():
        row = open_row(reminder)
        row.acknowledged_at, row.acknowledged_by = None, ""
        row.snoozed_until, row.snoozed_by, row.reason = None, "", ""
        row.save()
        record(actor, "reminder.taken_back", row)
    return row


def open_row(reminder: Reminder) -> Reminder:
    row = Reminder.objects.select_for_update().get(pk=reminder.pk)
    if row.closed_at is not None:
        raise Conflict(
            f"This was settled on {row.closed_at:%Y-%m-%d %H:%M} UTC already; there is nothing "
            "left to do.",
            code="reminder.closed",
        )
    return row


def check_until(row: Reminder, until: datetime, now: datetime) -> None:
    last = now + LONGEST
    if row.ends_at is not None:
        last = min(last, row.ends_at - SPARE)
        if last <= now:
            raise InvalidInput(
                f"{row.label} ends on {row.ends_at:%Y-%m-%d}: there is no time left to put it "
                "off. Acknowledge it if you see to it.",
                code="reminder.no_time",
                field="until",
            )
    if not now < until <= last:
        raise InvalidInput(
            f"Choose a day after today, and {last:%Y-%m-%d} at the latest.",
            code="reminder.until",
            field="until",
        )


def checked_reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput(
            "Say in a few words why: whoever is told next will want to know.",
            code="reason.missing",
            field="reason",
        )
    return reason.strip()[:REASON_LIMIT]
