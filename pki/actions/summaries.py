"""Many notices as people like to read them: the most urgent first, the same ones folded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from django.conf import settings

from pki.models import Notice, Reminder, ReminderKind
from pki.models.notice import CLOSED

#: More of one kind and step than this are told as a number.
MOST_NAMED = 10
#: Names of those that are folded.
NAMES = 5
#: Names in a headline.
HEADLINE_NAMES = 2
HEADLINE_LIMIT = 150

#: What several of a kind are called where each has an end.
ENDING = {
    ReminderKind.SERVER: "server certificates",
    ReminderKind.WORKSTATION: "workstation certificates",
    ReminderKind.ROOT: "roots",
}
#: What is said of several of a kind where none has.
STANDING = {
    ReminderKind.INSTALLATION: "renewed certificates are not installed yet",
    ReminderKind.PROBE: "servers do not answer as they should",
    ReminderKind.REVOCATION_LIST: "revocation lists are overdue",
    ReminderKind.SILENT: "agents were not seen for long",
    ReminderKind.PENDING: "workstations wait for approval",
    ReminderKind.BACKUP: "backups are too old",
    ReminderKind.JOB: "jobs fail",
    ReminderKind.AUDIT: "audit trails were altered",
}
#: Of those, what does not work now.
BROKEN = {
    ReminderKind.PROBE, ReminderKind.REVOCATION_LIST, ReminderKind.BACKUP, ReminderKind.JOB,
    ReminderKind.AUDIT,
}  # fmt: skip
#: How urgent an end is; what stands open without one comes between the two.
ENDS = ((0, timedelta(days=7)), (2, timedelta(days=30)))
LAST = 4


@dataclass(frozen=True)
class Matter:
    """One notice, with where it is seen to and who has it in hand."""

    notice: Notice
    #: ``acknowledged by anna``, or empty.
    aside: str
    #: The smallest comes first.
    rank: tuple[bool, int, datetime, int]

    @property
    def reminder(self) -> Reminder:
        return self.notice.reminder

    @property
    def text(self) -> str:
        return one_line(self.notice.text)

    @property
    def label(self) -> str:
        return one_line(self.reminder.label)

    @property
    def url(self) -> str:
        return absolute(self.reminder.url)


@dataclass(frozen=True)
class Fold:
    """Matters of one kind and step."""

    kind: ReminderKind
    matters: Sequence[Matter]
    headline: str

    @property
    def is_folded(self) -> bool:
        return len(self.matters) > MOST_NAMED

    @property
    def names(self) -> str:
        return names(self.matters, NAMES)

    @property
    def url(self) -> str:
        return absolute(f"/reminders/?kind={self.kind.value}")


@dataclass(frozen=True)
class Section:
    """All of one kind."""

    title: str
    folds: Sequence[Fold]


@dataclass(frozen=True)
class Summary:
    sections: Sequence[Section]
    settled: Fold | None
    #: The most important thing, for a subject line.
    headline: str
    count: int = field(default=0)


def summary(notices: Iterable[Notice], now: datetime) -> Summary:
    """Of each reminder the newest notice; one that is settled is no longer told otherwise."""
    newest: dict[int, Notice] = {}
    for notice in sorted(notices, key=lambda each: each.pk):
        newest[notice.reminder_id] = notice
    matters = [
        Matter(notice, aside(notice.reminder, now), rank(notice, now)) for notice in newest.values()
    ]
    open_ones = sorted((m for m in matters if m.notice.step != CLOSED), key=lambda m: m.rank)
    settled = sorted((m for m in matters if m.notice.step == CLOSED), key=lambda m: m.label)
    sections = [section(kind, group, now) for kind, group in by_kind(open_ones).items()]
    over = Fold(ReminderKind(settled[0].reminder.kind), settled, "") if settled else None
    return Summary(sections, over, headline(sections, settled), len(matters))


def rank(notice: Notice, now: datetime) -> tuple[bool, int, datetime, int]:
    """What ends within days, then what is broken, then what ends within weeks, then the rest."""
    reminder = notice.reminder
    ends_at = reminder.ends_at
    if ends_at is not None:
        tier = next((tier for tier, within in ENDS if ends_at <= now + within), LAST)
    else:
        tier = 1 if reminder.kind in BROKEN else 3
    at = ends_at or reminder.since or notice.at
    return not notice.urgent, tier, at, notice.pk


def by_kind(matters: Sequence[Matter]) -> dict[ReminderKind, list[Matter]]:
    """In the order of the first of each."""
    found: dict[ReminderKind, list[Matter]] = {}
    for matter in matters:
        found.setdefault(ReminderKind(matter.reminder.kind), []).append(matter)
    return found


def section(kind: ReminderKind, matters: Sequence[Matter], now: datetime) -> Section:
    steps = sorted(matters, key=lambda m: m.notice.step)
    groups = [list(group) for _, group in groupby(steps, key=lambda m: m.notice.step)]
    groups = [sorted(group, key=lambda m: m.rank) for group in groups]
    groups.sort(key=lambda group: group[0].rank)
    return Section(str(kind.label), [Fold(kind, group, said(kind, group, now)) for group in groups])


def said(kind: ReminderKind, matters: Sequence[Matter], now: datetime) -> str:
    """One thing in its own words, several in a number."""
    if len(matters) == 1:
        return matters[0].text
    number = f"{len(matters):,}"
    ends = [m.reminder.ends_at for m in matters if m.reminder.ends_at is not None]
    if kind in STANDING or len(ends) < len(matters):
        return f"{number} {STANDING.get(kind, str(kind.label).lower())}"
    if max(ends) <= now:
        return f"{number} {ENDING[kind]} have expired"
    return f"{number} {ENDING[kind]} expire within {days(max(ends) - now)}"


def days(left: timedelta) -> str:
    whole = -(-left // timedelta(days=1))
    return "a day" if whole == 1 else f"{whole:,} days"


def headline(sections: Sequence[Section], settled: Sequence[Matter]) -> str:
    if not sections:
        if len(settled) == 1:
            return cut(settled[0].text)
        return cut(f"Settled: {len(settled):,} matters, among them {names(settled, 2)}")
    first = sections[0].folds[0]
    text = first.headline
    if len(first.matters) > 1:
        text = f"{text}: {names(first.matters, HEADLINE_NAMES)}"
    others = sum(len(fold.matters) for each in sections for fold in each.folds)
    others -= len(first.matters)
    if not others:
        return cut(text)
    more = f" (and {others:,} more)"
    return cut(text.rstrip("."), HEADLINE_LIMIT - len(more)) + more


def names(matters: Sequence[Matter], most: int) -> str:
    shown = ", ".join(matter.label for matter in matters[:most])
    rest = len(matters) - most
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def aside(reminder: Reminder, now: datetime) -> str:
    match reminder.condition(now):
        case "acknowledged":
            return f"acknowledged by {reminder.acknowledged_by}"
        case "snoozed":
            return f"put off by {reminder.snoozed_by}"
        case "closed":
            return "settled meanwhile"
    return ""


def cut(text: str, limit: int = HEADLINE_LIMIT) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def one_line(text: str) -> str:
    return " ".join(text.split())


def absolute(path: str) -> str:
    return f"{settings.DASHBOARD_URL}{path}"
