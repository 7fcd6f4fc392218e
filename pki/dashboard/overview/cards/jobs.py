"""Whether the clock goes, and how each job stands."""

from dataclasses import dataclass
from datetime import datetime

from pki.actions.clock import SILENT_AFTER, Standing, standings
from pki.dashboard.overview.cards.card import Card
from pki.jobs import KINDS
from pki.jobs.kind import Kind
from pki.models import Clock


@dataclass(frozen=True)
class Line:
    kind: Kind
    standing: Standing

    @property
    def failed(self) -> bool:
        return self.standing.job is not None and self.standing.job.failures > 0


@dataclass(frozen=True)
class Jobs:
    #: Heard last; None before it ever was.
    heard: datetime | None
    silent: bool
    #: Those that failed first, as the page of the jobs orders them otherwise.
    lines: list[Line]


def jobs(now: datetime) -> Jobs:
    clock = Clock.objects.first()
    found = standings(KINDS)
    lines = [Line(kind, found[name]) for name, kind in KINDS.items()]
    return Jobs(
        heard=clock.ticked_at if clock else None,
        silent=clock is not None and now - clock.ticked_at > SILENT_AFTER,
        lines=sorted(lines, key=lambda line: not line.failed),
    )


CARD = Card("jobs", "Jobs", jobs)
