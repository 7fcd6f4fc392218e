"""Comparing what there is to remind of with what was told: opens, tells and closes reminders.

Everything here can be done twice, or by two nodes at once, with one result: a matter has one
open reminder, a reminder tells each step once, and a step is told to each recipient once; all
three are constraints of the database (docs/decisions/0011).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audience import Audience
from pki.actions.audit import record
from pki.actions.due_notices import due
from pki.actions.matters import FINDERS
from pki.actions.matters.matter import Matter
from pki.actions.reminder_policies import Policy, policies
from pki.models import Notice, Reminder, ReminderKind, Telling
from pki.models.notice import CLOSED

T = TypeVar("T")

#: Reminders in one transaction.
AT_ONCE = 500


@dataclass
class Told:
    """What one look brought."""

    opened: int = 0
    notices: int = 0
    closed: int = 0


def remind(now: datetime, *, actor: Actor) -> Told:
    """One look at everything."""
    told = Told()
    for policy in policies().values():
        look(policy, now, told, actor)
    return told


def look(policy: Policy, now: datetime, told: Told, actor: Actor) -> None:
    kind = policy.rule.kind
    matters: dict[str, Matter] = {}
    if policy.enabled:
        matters = {matter.key: matter for matter in FINDERS[kind](now, policy.days)}
    open_rows = Reminder.objects.filter(kind=kind, closed_at=None)
    known = dict(open_rows.values_list("key", "pk"))
    for fresh in batches(matter for key, matter in matters.items() if key not in known):
        told.opened += open_reminders(policy, fresh, now)
    for over in batches(pk for key, pk in known.items() if key not in matters):
        told.closed += close(over, policy, now, actor)
    if not matters:
        return
    audience = Audience(policy)
    for batch in batches(list(open_rows.values_list("pk", flat=True))):
        told.notices += tell(batch, matters, policy, audience, now, actor)


def batches(keys: Iterable[T]) -> Iterator[list[T]]:
    left = iter(keys)
    while batch := list(islice(left, AT_ONCE)):
        yield batch


# --- opening ------------------------------------------------------------------


def open_reminders(policy: Policy, matters: list[Matter], now: datetime) -> int:
    with transaction.atomic():
        again = taken_up_again(policy, matters)
        fresh = [matter for matter in matters if matter.key not in again]
        Reminder.objects.bulk_create(
            [
                Reminder(
                    kind=policy.rule.kind,
                    key=matter.key,
                    label=matter.label[:300],
                    url=matter.url,
                    server_id=matter.server_id,
                    ends_at=matter.ends_at,
                    since=matter.since,
                    opened_at=now,
                )
                for matter in fresh
            ],
            ignore_conflicts=True,
        )
    return len(matters)


def taken_up_again(policy: Policy, matters: list[Matter]) -> set[str]:
    """What counts down to the same end is the same matter, and says none of its steps twice."""
    if not policy.rule.dated:
        return set()
    ends = {matter.key: matter.ends_at for matter in matters}
    closed = Reminder.objects.filter(
        kind=policy.rule.kind, key__in=ends, closed_at__isnull=False
    ).order_by("pk")
    again = {row.key: row.pk for row in closed if row.ends_at == ends[row.key]}
    Reminder.objects.filter(pk__in=again.values()).update(closed_at=None)
    return set(again)


# --- telling ------------------------------------------------------------------


def tell(
    batch: list[int],
    matters: dict[str, Matter],
    policy: Policy,
    audience: Audience,
    now: datetime,
    actor: Actor,
) -> int:
    """What is due of these reminders, in one transaction; how many notices that were."""
    with transaction.atomic():
        rows = Reminder.objects.select_for_update().filter(pk__in=batch, closed_at=None)
        notices, changed = [], []
        for row in rows.order_by("pk"):
            matter = matters.get(row.key)
            if matter is None:
                continue
            found = [
                Notice(
                    reminder=row, step=each.step, text=each.text[:500], urgent=each.urgent, at=now
                )
                for each in due(row, matter, policy, now)
            ]
            if found:
                notices += found
                changed.append(row)
        if not notices:
            return 0
        Reminder.objects.bulk_update(changed, ["step", "told_at", "escalated_at", "snoozed_until"])
        address(notices, audience)
        record(
            actor,
            "reminder.told",
            kind=policy.rule.kind.value,
            notices=len(notices),
            subjects=sorted({row.label for row in changed})[:20],
        )
    return len(notices)


def address(notices: list[Notice], audience: Audience) -> None:
    """Store notices that are not there yet, and to whom each is told."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    # Again from the database: with conflicts ignored it gives no keys, and another node may have
    # stored the same one.
    wanted = {(notice.reminder_id, notice.step) for notice in notices}
    stored = Notice.objects.filter(
        reminder__in={pk for pk, _ in wanted}, step__in={step for _, step in wanted}
    ).select_related("reminder__server")
    tellings = [
        Telling(notice=notice, address=to.address, channel_id=to.channel)
        for notice in stored
        if (notice.reminder_id, notice.step) in wanted
        for to in audience.of(notice)
    ]
    Telling.objects.bulk_create(tellings, ignore_conflicts=True)


# --- closing ------------------------------------------------------------------


def close(batch: list[int], policy: Policy, now: datetime, actor: Actor) -> int:
    """It is over; whoever was told of it is told that too."""
    audience = Audience(policy)
    with transaction.atomic():
        found = Reminder.objects.select_for_update(of=("self",)).select_related("server")
        rows = list(found.filter(pk__in=batch, closed_at=None))
        Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(closed_at=now)
        notices = [
            Notice(reminder=row, step=CLOSED, text=f"{row.label}: settled.", at=now)
            for row in rows
            if row.told_at is not None and policy.enabled and not is_unknown(row)
        ]
        if notices:
            address(notices, audience)
        if rows:
            record(
                actor,
                "reminder.closed",
                kind=policy.rule.kind.value,
                reminders=len(rows),
                subjects=sorted({row.label for row in rows})[:20],
            )
    return len(rows)


def is_unknown(row: Reminder) -> bool:
    """Whether it is over only because nobody looks: that is not told as settled."""
    server = row.server
    return (
        row.kind == ReminderKind.INSTALLATION
        and server is not None
        and not server.probed
        and row.key == f"certificate:{server.certificate_id}"
    )
