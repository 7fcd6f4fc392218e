"""Which steps of a certificate have to be told on which day: the promise, walked through once.

Written from what the product promises, not from how it does it: the steps of the days that
are left, each once; nothing while it is put off, and then what it has come to; nothing once
somebody has it in hand, but for the last days; and somebody else when nobody takes it up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from simulation.told.documents import CLOSED, ESCALATED, ESCALATES_AFTER

STEPS = (60, 30, 14, 7, 3, 1, 0)
URGENT = timedelta(days=3)


@dataclass(frozen=True)
class Life:
    """A certificate in use, from its issuance until it was followed or revoked."""

    kind: str
    whose: str
    issued: datetime
    ends: datetime
    #: None while it is in use.
    over: datetime | None

    @classmethod
    def read(cls, told: dict[str, Any]) -> "Life":
        over = datetime.fromisoformat(told["over"]) if told["over"] else None
        issued, ends = (datetime.fromisoformat(told[name]) for name in ("issued", "ends"))
        return cls(told["kind"], told["whose"], issued, ends, over)

    def is_lived(self, look: datetime) -> bool:
        return self.issued <= look and (self.over is None or look < self.over)


def promised(
    life: Life, looks: Sequence[datetime], deeds: Iterable[dict[str, Any]]
) -> Iterator[tuple[str, datetime]]:
    """Steps, and the look at which each is told."""
    left_to_do = sorted(deeds, key=lambda deed: deed["at"])
    first: datetime | None = None
    smallest: int | None = None
    in_hand = escalated = False
    until: datetime | None = None
    for look in looks:
        if not life.is_lived(look):
            if first is not None and life.over is not None and look >= life.over:
                yield CLOSED, look
                return
            continue
        while left_to_do and datetime.fromisoformat(left_to_do[0]["at"]) <= look:
            deed = left_to_do.pop(0)
            in_hand = deed["what"] == "taken_up"
            until = datetime.fromisoformat(deed["until"]) if deed["until"] else None
        left = life.ends - look
        reached = [days for days in STEPS if left <= timedelta(days=days)]
        if not reached or (until is not None and until > look):
            continue
        woken, until = until is not None, None
        urgent = left <= URGENT
        step = f"woken-{look:%Y-%m-%d}" if woken else ""
        if smallest is None or min(reached) < smallest:
            smallest = min(reached)
            step = str(smallest)
        if step and (urgent or not in_hand):
            first = first or look
            yield step, look
        waited = first is not None and look - first >= timedelta(days=ESCALATES_AFTER)
        if life.kind == "server" and first and not escalated and not in_hand and (urgent or waited):
            escalated = True
            yield ESCALATED, look
