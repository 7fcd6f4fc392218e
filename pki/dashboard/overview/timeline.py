"""What expires when: the months ahead, as numbers that a template draws."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Count
from django.db.models.functions import TruncMonth

from pki.models import Certificate

MONTHS = 18
#: Units of the drawing.
WIDTH, HEIGHT, TOP, STEP = 900, 120, 32, 50
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


def timeline(now: datetime) -> list[Month]:
    """The certificates in use, by the month in which they end, from this month on."""
    starts = month_starts(now)
    counted = dict(
        Certificate.objects.filter(
            state=Certificate.State.ISSUED,
            current_for__isnull=False,
            not_after__gte=starts[0],
            not_after__lt=next_month(starts[-1]),
        )
        .order_by()
        .annotate(month=TruncMonth("not_after", tzinfo=UTC))
        .values_list("month")
        .annotate(number=Count("pk"))
    )
    most = max(counted.values(), default=0)
    return [month(n, start, counted.get(start, 0), most) for n, start in enumerate(starts)]


def month(position: int, start: datetime, count: int, most: int) -> Month:
    height = round(max(6, (HEIGHT - TOP) * count / most), 1) if count else 2.0
    x = position * STEP + (STEP - BAR) // 2
    return Month(start, count, x, HEIGHT - height, height)


def month_starts(now: datetime) -> list[datetime]:
    starts = [now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)]
    while len(starts) < MONTHS:
        starts.append(next_month(starts[-1]))
    return starts


def next_month(start: datetime) -> datetime:
    if start.month == 12:
        return start.replace(year=start.year + 1, month=1)
    return start.replace(month=start.month + 1)
