"""What a part is: something people do with the product in those years, and what must come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulation.mailbox import Letter
from simulation.plan import Plan


@dataclass(frozen=True)
class Witness:
    """What was seen from outside when the years are over."""

    letters: Sequence[Letter]
    #: What `simulation.books.read` said last.
    books: dict[str, Any]
    #: PEM of the chain that each server has in use, by its name.
    in_use: dict[str, str]
    #: PEM of the roots that each living agent trusts in the end, by its identifier.
    trusted_by_agents: dict[str, bytes]


@dataclass
class Part:
    """`begin`, `day` and `report` run in the driver, beside the product's database; `judge`
    runs outside, where there is no Django: a part imports the product in these three only.
    """

    plan: Plan

    #: The key of its report.
    name = ""

    def begin(self) -> None:
        """Once, when servers and tokens are there and nobody has come yet."""

    def day(self, _days: range) -> dict[str, int]:
        """After the jobs of a step, for the days that it took; what to count in the log."""
        return {}

    def report(self) -> Any:
        """In the end: whatever `judge` needs, as JSON."""

    def judge(self, _report: Any, _witness: Witness) -> list[str]:
        """A sentence for everything that is wrong."""
        return []
