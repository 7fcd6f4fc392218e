"""Which step of a reminder is due: by the days that are left, and by what people said to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pki.actions.matters.matter import Matter
from pki.actions.reminder_policies import Policy
from pki.models import Reminder
from pki.models.notice import ESCALATED


@dataclass(frozen=True)
class DueNotice:
    step: str
    text: str
    urgent: bool


def due(row: Reminder, matter: Matter, policy: Policy, now: datetime) -> list[DueNotice]:
    """What is to be told of ``row`` now; its fields are changed as if it were told."""
    if row.is_snoozed(now):
        return []
    woken = row.snoozed_until is not None
    row.snoozed_until = None
    step = step_of(row, matter, policy, now)
    urgent = is_urgent(matter, policy, now)
    told = []
    if step == row.step or later(row.step, step):
        # Nothing new of itself, unless it was put off until now.
        step = f"woken-{now:%Y-%m-%d}" if woken else ""
    elif step:
        row.step = step
    if step and (row.acknowledged_at is None or (urgent and policy.rule.dated)):
        told.append(DueNotice(step, matter.sentence, urgent))
        row.told_at = row.told_at or now
    if must_escalate(row, policy, no_time=urgent and policy.rule.dated, now=now):
        row.escalated_at = now
        told.append(
            DueNotice(ESCALATED, f"Nobody has acknowledged it: {matter.sentence}", urgent=True)
        )
    return told


def step_of(row: Reminder, matter: Matter, policy: Policy, now: datetime) -> str:
    """The smallest of the policy's days that is reached; empty while none is."""
    if not policy.rule.dated:
        return row.step or "since"
    if matter.ends_at is None:
        return ""
    left = matter.ends_at - now
    reached = [days for days in policy.days if left <= timedelta(days=days)]
    return str(min(reached)) if reached else matter.first_step


def later(told: str, step: str) -> bool:
    """Whether ``step`` comes before what was told already, as after a change of the days."""
    return told.isdigit() and (not step.isdigit() or int(step) > int(told))


def is_urgent(matter: Matter, policy: Policy, now: datetime) -> bool:
    if matter.ends_at is not None and policy.rule.dated:
        return matter.ends_at - now <= timedelta(days=policy.rule.urgent_days)
    return policy.rule.urgent


def must_escalate(row: Reminder, policy: Policy, *, no_time: bool, now: datetime) -> bool:
    """Nobody has taken it up for so many days, or there is no time left for that."""
    if policy.escalate_after_days is None or policy.escalation_group is None:
        return False
    if row.escalated_at is not None or row.acknowledged_at is not None or row.told_at is None:
        return False
    return no_time or now - row.told_at >= timedelta(days=policy.escalate_after_days)
