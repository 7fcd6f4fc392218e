"""What expires when: everything in use, as numbers that lead to lists, and month by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pki.dashboard.overview.cards.card import Card, Number
from pki.dashboard.overview.ends import KINDS, Ends, Kind
from pki.dashboard.overview.timeline import HEIGHT, WIDTH, Strip, month_starts, strip
from pki.models import Authority

#: This week, month, quarter and year, in days, as people call them.
SPANS = (
    (7, "Within 7 days"),
    (30, "Within 30 days"),
    (90, "Within 90 days"),
    (365, "Within a year"),
)
HEADINGS = ("Expired", *(heading for _, heading in SPANS), "All that hold")


@dataclass(frozen=True)
class Row:
    label: str
    #: Under the headings.
    numbers: list[Number]

    @property
    def any(self) -> bool:
        return bool(self.numbers[0].count or self.numbers[-1].count)


@dataclass(frozen=True)
class Expiry:
    rows: list[Row]
    strips: list[Strip]
    authority: Authority | None
    headings: tuple[str, ...] = HEADINGS
    width: int = WIDTH
    height: int = HEIGHT
    full_height: int = HEIGHT + 22

    @property
    def any(self) -> bool:
        """Something beside the root, which every installation has."""
        return any(row.any for row in self.rows if row.label != "Roots")


def expiry(now: datetime) -> Expiry:
    # What ends at this very moment has ended.
    moment = now + timedelta(microseconds=1)
    starts = month_starts(now)
    ahead = [now + timedelta(days=days) for days, _ in SPANS]
    cuts = sorted({moment, *ahead, *starts})
    found = [(kind, kind.ends(cuts)) for kind in KINDS]
    strips = [strip(kind.label, starts[:-1], by_month(ends, starts)) for kind, ends in found]
    return Expiry(
        rows=[row(kind, ends, moment, ahead) for kind, ends in found],
        strips=[each for each in strips if each.total],
        authority=Authority.objects.filter(active=True).select_related("certificate").first(),
    )


def by_month(ends: Ends, starts: Sequence[datetime]) -> list[int]:
    return [ends.between(start, following) for start, following in pairwise(starts)]


def row(kind: Kind, ends: Ends, now: datetime, ahead: Sequence[datetime]) -> Row:
    expired = Number(HEADINGS[0], ends.between(None, now), kind.listed(kind.expired), "bad")
    within = [
        Number(
            heading,
            ends.between(now, limit),
            kind.listed(f"{kind.valid}&expires={days}"),
            "soon" if days <= 30 else "quiet",
        )
        for (days, heading), limit in zip(SPANS, ahead, strict=True)
    ]
    valid = Number(HEADINGS[-1], ends.between(now, None), kind.listed(kind.valid))
    return Row(kind.label, [expired, *within, valid])


CARD = Card("expiry", "What expires when", expiry, wide=True)
