"""What people do in those years, a file each; `PARTS` is the list of them."""

from simulation.parts.approvals import Approvals
from simulation.parts.backups import Backups
from simulation.parts.by_hand import ByHand
from simulation.parts.part import Part
from simulation.parts.reminders import Reminders
from simulation.parts.replacement import RootReplacement
from simulation.parts.revocations import Revocations

#: In the order of a day.
PARTS: tuple[type[Part], ...] = (
    Reminders,
    ByHand,
    Revocations,
    Approvals,
    RootReplacement,
    Backups,
)
