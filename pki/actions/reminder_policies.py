"""When each kind of reminder is told, and to whom: the product's numbers, and what people chose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import InvalidInput
from pki.models import DigestTime, RecipientGroup, ReminderKind, ReminderPolicy

#: The earliest reminder of anything: two years before a root ends.
MOST_DAYS = 730
MOST_STEPS = 12


@dataclass(frozen=True)
class Rule:
    """What a kind is, and how it is told until somebody chooses otherwise."""

    kind: ReminderKind
    #: For people: what is watched.
    explanation: str
    #: Days before the end, the largest first; of a kind without an end: after how many days.
    days: tuple[int, ...]
    #: Whether it has an end that is counted down to.
    dated: bool = False
    #: With so many days left or fewer it is told at once, also when it was acknowledged.
    urgent_days: int = 3
    #: Whether a kind without an end is told at once.
    urgent: bool = False


RULES = {
    rule.kind: rule
    for rule in (
        Rule(
            ReminderKind.SERVER,
            "A server's current certificate nears its end. One that is renewed by itself is told "
            "only when that did not happen.",
            (60, 30, 14, 7, 3, 1, 0),
            dated=True,
        ),
        Rule(
            ReminderKind.INSTALLATION,
            "A server was renewed, and no probe has seen the new certificate yet: as soon as it "
            "is ready, and as the one before nears its end.",
            (14, 7, 3, 1, 0),
            dated=True,
        ),
        Rule(
            ReminderKind.WORKSTATION,
            "The certificate of an admitted workstation nears its end, so its agent did not renew "
            "it in time.",
            (60, 30, 14, 7, 3, 1, 0),
            dated=True,
        ),
        Rule(
            ReminderKind.ROOT,
            "A root nears its end. Replacing it takes months, not days.",
            (365, 180, 90, 30),
            dated=True,
            urgent_days=30,
        ),
        Rule(
            ReminderKind.PROBE,
            "A server does not answer, or answers with a certificate that is not its own.",
            (1,),
            urgent=True,
        ),
        Rule(
            ReminderKind.REVOCATION_LIST,
            "A revocation list was not followed by the next one in good time. Clients refuse "
            "everything once it is out of date.",
            (),
            urgent=True,
        ),
        Rule(ReminderKind.SILENT, "The agent of an admitted workstation was not seen.", (30,)),
        Rule(ReminderKind.PENDING, "A workstation waits for somebody's approval.", (3,)),
        Rule(ReminderKind.BACKUP, "Nobody has made a backup for too long.", (8,)),
        Rule(
            ReminderKind.AUDIT,
            "An event of the audit trail was altered, is missing or was inserted.",
            (),
            urgent=True,
        ),
        Rule(ReminderKind.JOB, "Something that runs by itself failed three times in a row.", ()),
    )
}


@dataclass(frozen=True)
class Policy:
    """A rule with the numbers that are in force."""

    rule: Rule
    enabled: bool
    days: tuple[int, ...]
    #: Of the groups told; empty: the administrators.
    groups: tuple[int, ...] = ()
    escalate_after_days: int | None = None
    escalation_group: int | None = None


def policies() -> dict[ReminderKind, Policy]:
    """Of every kind, as it is in force. Two queries."""
    stored = {row.kind: row for row in ReminderPolicy.objects.prefetch_related("groups")}
    return {kind: policy(rule, stored.get(kind)) for kind, rule in RULES.items()}


def policy(rule: Rule, row: ReminderPolicy | None) -> Policy:
    if row is None:
        return Policy(rule, enabled=True, days=rule.days)
    return Policy(
        rule,
        enabled=row.enabled,
        days=tuple(row.days),
        groups=tuple(group.pk for group in row.groups.all()),
        escalate_after_days=row.escalate_after_days,
        escalation_group=row.escalation_group_id,
    )


def change_reminder_policy(
    kind: ReminderKind,
    *,
    enabled: bool,
    days: Sequence[int],
    groups: Iterable[RecipientGroup],
    escalate_after_days: int | None,
    escalation_group: RecipientGroup | None,
    actor: Actor,
) -> ReminderPolicy:
    """Holds from the next look on; what was told is not told again.

    Raises InvalidInput on ``days``, ``escalate_after_days`` or ``escalation_group``.
    """
    rule = RULES[kind]
    chosen = checked_days(rule, days)
    check_escalation(escalate_after_days, escalation_group)
    told = list(groups)
    with transaction.atomic():
        row, _ = ReminderPolicy.objects.update_or_create(
            kind=kind,
            defaults={
                "enabled": enabled,
                "days": chosen,
                "escalate_after_days": escalate_after_days,
                "escalation_group": escalation_group,
            },
        )
        row.groups.set(told)
        record(
            actor,
            "reminder.policy_changed",
            row,
            enabled=enabled,
            days=chosen,
            groups=[str(group) for group in told],
            escalate_after_days=escalate_after_days,
            escalation_group=str(escalation_group or ""),
        )
    return row


def checked_days(rule: Rule, days: Sequence[int]) -> list[int]:
    if not rule.days:
        return []
    chosen = sorted(set(days), reverse=True)
    wrong = [number for number in chosen if not 0 <= number <= MOST_DAYS]
    if wrong or not chosen or len(chosen) > (MOST_STEPS if rule.dated else 1):
        wanted = f"up to {MOST_STEPS} numbers" if rule.dated else "one number"
        raise InvalidInput(
            f"Enter {wanted} of days from 0 to {MOST_DAYS}, such as "
            f"{', '.join(map(str, rule.days))}. To be told nothing, switch this kind off.",
            code="reminder.days",
            field="days",
        )
    return chosen


def check_escalation(after: int | None, group: RecipientGroup | None) -> None:
    if after is not None and not 1 <= after <= 365:
        raise InvalidInput(
            "Enter 1 to 365 days, or leave it empty for no escalation.",
            code="reminder.escalation_days",
            field="escalate_after_days",
        )
    if (after is None) != (group is None):
        raise InvalidInput(
            "An escalation needs both: after how many days, and the group that is told then.",
            code="reminder.escalation_incomplete",
            field="escalation_group" if group is None else "escalate_after_days",
        )


def set_digest_time(*, hour: int, zone: str, actor: Actor) -> DigestTime:
    """When the day's digest goes out. Raises InvalidInput on ``hour`` or ``zone``."""
    if not 0 <= hour <= 23:
        raise InvalidInput("Enter an hour from 0 to 23.", code="digest.hour", field="hour")
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise InvalidInput(
            f"“{zone[:40]}” is no time zone. Enter one such as UTC or Europe/Berlin.",
            code="digest.zone",
            field="zone",
        ) from None
    with transaction.atomic():
        row, _ = DigestTime.objects.update_or_create(pk=1, defaults={"hour": hour, "zone": zone})
        record(actor, "digest.time_changed", row, hour=hour, zone=zone)
    return row
