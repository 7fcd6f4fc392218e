"""What a part is: something people do with the product in those years, and what must come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulation.mailbox import Letter
from simulation.plan import Plan
from simulation.receiver import Call


@dataclass(frozen=True)
class Today:
    """A step, as those beside the product live it."""

    #: That it took.
    days: range
    #: The letters that arrived in it: ``to`` and ``text``.
    post: Sequence[dict[str, str]] = ()

    @property
    def day(self) -> int:
        return self.days[-1]


@dataclass(frozen=True)
class Witness:
    """What was seen from outside when the years are over."""

    letters: Sequence[Letter]
    #: What the webhook's receiver took.
    calls: Sequence[Call]
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

    def begin(self, _receiver: str) -> dict[str, str]:
        """Once, when servers are there and nobody has come yet; ``receiver`` is an address for
        webhooks. What those outside have to know.
        """
        return {}

    def day(self, _today: Today) -> dict[str, int]:
        """After the jobs of a step; what to count in the log."""
        return {}

    def report(self) -> Any:
        """In the end: whatever `judge` needs, as JSON."""

    def judge(self, _report: Any, _witness: Witness) -> list[str]:
        """A sentence for everything that is wrong."""
        return []
