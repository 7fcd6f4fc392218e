"""What needs a hand: the most urgent in sight, the others one click away."""

from dataclasses import dataclass
from datetime import datetime

from pki.dashboard.overview.cards.card import Card
from pki.dashboard.overview.chores import Chore, chores

#: More than these are folded away, so that the rest of the page stays near.
IN_SIGHT = 6


@dataclass(frozen=True)
class Needs:
    chores: list[Chore]

    @property
    def first(self) -> list[Chore]:
        return self.chores[:IN_SIGHT]

    @property
    def others(self) -> list[Chore]:
        return self.chores[IN_SIGHT:]


def needs(now: datetime) -> Needs:
    return Needs(sorted(chores(now), key=lambda chore: chore.tone != "bad"))


CARD = Card("needs", "Needs a hand", needs, wide=True)
