"""What a job is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Kind:
    name: str
    label: str
    #: For people: what it does, and what happens when it does not.
    explanation: str
    every: timedelta
    #: Says in a few words what it did. Run twice, it does nothing the second time.
    work: Callable[[], str]
