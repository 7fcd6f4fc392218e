"""The four steps of the guided page: which are done, which is now, and what comes next."""

from dataclasses import dataclass

from pki.actions.rollover.cut_off import CutOff
from pki.actions.rollover.standing import Standing
from pki.models import Rollover
from pki.models.rollover import Stage


@dataclass(frozen=True)
class Step:
    number: int
    name: str
    #: done, now or later.
    state: str


NAMES = ("Create and announce", "Everybody trusts it", "Re-issue in waves", "Retire the old root")


def steps(row: Rollover, now: Standing, left: CutOff) -> list[Step]:
    current = current_step(row, now, left)
    done = {1, *({2} if everybody_trusts(now) else set()), *({3} if current == 4 else set())}
    return [
        Step(number, name, "now" if number == current else "done" if number in done else "later")
        for number, name in enumerate(NAMES, start=1)
    ]


def current_step(row: Rollover, now: Standing, left: CutOff) -> int:
    """The one where somebody has to do something next; trust may still grow beside it."""
    if row.stage == Stage.ANNOUNCED:
        return 3 if everybody_trusts(now) else 2
    return 3 if left.total else 4


def everybody_trusts(now: Standing) -> bool:
    return (
        now.servers.trusting == now.servers.total
        and now.workstations.trusting == now.workstations.total
    )
