"""Whether the clock goes, and what it does next."""

from dataclasses import dataclass
from datetime import datetime

from pki.actions.clock import Standing, silent_since, standings
from pki.dashboard.overview.cards.card import Card
from pki.jobs import KINDS
from pki.jobs.kind import Kind
from pki.models import Clock


@dataclass(frozen=True)
class Line:
    kind: Kind
    standing: Standing


@dataclass(frozen=True)
class Jobs:
    #: Heard last; None before it ever was.
    heard: datetime | None
    silent: bool
    failing: list[Line]
    #: Those that went well the last time.
    well: int
    next: Line | None
    next_at: datetime | None


def jobs(now: datetime) -> Jobs:
    clock = Clock.objects.first()
    found = standings(KINDS)
    lines = [Line(kind, found[name]) for name, kind in KINDS.items()]
    due = sorted(
        ((line.standing.job.next_run_at, line) for line in lines if line.standing.job),
        key=lambda pair: pair[0],
    )
    failing = [line for line in lines if line.standing.job and line.standing.job.failures]
    return Jobs(
        heard=clock.ticked_at if clock else None,
        silent=silent_since(now) is not None,
        failing=failing,
        well=sum(1 for line in lines if line.standing.last and line not in failing),
        next=due[0][1] if due else None,
        next_at=due[0][0] if due else None,
    )


CARD = Card("jobs", "Jobs", jobs)
