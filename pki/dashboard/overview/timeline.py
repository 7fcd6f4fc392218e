"""The months ahead as bars, a strip for each kind with a scale of its own.

Three servers stay visible beside 100,000 workstations that way, and every bar has its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MONTHS = 18
#: Units of the drawing.
WIDTH, HEIGHT, TOP, STEP = 900, 88, 24, 50
BAR = 30


@dataclass(frozen=True)
class Month:
    start: datetime
    count: int
    x: int
    y: float
    height: float

    @property
    def center(self) -> float:
        return self.x + BAR / 2

    @property
    def count_y(self) -> float:
        return self.y - 5

    @property
    def is_year_start(self) -> bool:
        return self.start.month == 1

    @property
    def short_count(self) -> str:
        return short(self.count)


@dataclass(frozen=True)
class Strip:
    label: str
    months: list[Month]

    @property
    def total(self) -> int:
        return sum(month.count for month in self.months)


def strip(label: str, starts: Sequence[datetime], counts: Sequence[int]) -> Strip:
    most = max(counts, default=0)
    pairs = zip(starts, counts, strict=True)
    return Strip(label, [month(n, start, count, most) for n, (start, count) in enumerate(pairs)])


def month(position: int, start: datetime, count: int, most: int) -> Month:
    height = round(max(6, (HEIGHT - TOP) * count / most), 1) if count else 2.0
    x = position * STEP + (STEP - BAR) // 2
    return Month(start, count, x, HEIGHT - height, height)


def short(count: int) -> str:
    """As wide as a bar has room for: 987, 1.2k, 45k, 1.3M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            places = 1 if count < 10 * size else 0
            return f"{count / size:.{places}f}{letter}"
    return str(count)


def month_starts(now: datetime) -> list[datetime]:
    """This month's and the following ones', and the one after the last."""
    starts = [now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
    while len(starts) <= MONTHS:
        starts.append(next_month(starts[-1]))
    return starts


def next_month(start: datetime) -> datetime:
    if start.month == 12:
        return start.replace(year=start.year + 1, month=1)
    return start.replace(month=start.month + 1)
