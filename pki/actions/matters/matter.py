"""One thing to remind of, and how its times are put into words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Matter:
    #: The same as long as it is the same matter: a model's name and a key, or a word.
    key: str
    label: str
    url: str
    #: What is to be said of it now.
    sentence: str
    ends_at: datetime | None = None
    since: datetime | None = None
    #: Whose owners are told as well.
    server_id: int | None = None
    #: A step that is told before the first of the policy's days; empty for none.
    first_step: str = ""


def date(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


def ending(ends_at: datetime, now: datetime) -> str:
    """Such as “expires in 30 days, on 25 Dec 2026”."""
    left = ends_at - now
    if left <= timedelta(0):
        return f"expired on {date(ends_at)}"
    days = math.ceil(left / DAY)
    return f"expires in {days} day{'' if days == 1 else 's'}, on {date(ends_at)}"


def horizon(now: datetime, days: Sequence[int]) -> datetime:
    """What ends later than this is nobody's business yet."""
    return now + max(days, default=0) * DAY
