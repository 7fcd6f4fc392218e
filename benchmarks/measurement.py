"""Measuring: rounds that alternate, medians of them, and one CPU for everything."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    name: str
    measured: str
    #: The bare ``CertificateBuilder.sign`` in the same rounds.
    bare: str
    compared: str
    target: str
    #: None: it could not be measured; ``compared`` says why.
    met: bool | None
    #: Every round as it was, in seconds for one.
    rounds: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Contestant:
    """A piece of work, how often it is done in a round, and what comes before, untimed."""

    work: Callable[[], object]
    times: int
    before: Callable[[], object] = lambda: None

    def seconds_each(self) -> float:
        self.before()
        start = time.perf_counter()
        for _ in range(self.times):
            self.work()
        return (time.perf_counter() - start) / self.times


def alternating(rounds: int, **contestants: Contestant) -> dict[str, list[float]]:
    """Seconds for one piece of work of each contestant, round by round.

    They take turns within a round, so that whatever else the machine does meets all of
    them; a first round warms up and does not count.
    """
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, contestant in contestants.items():
            taken = contestant.seconds_each()
            if number:
                measured[name].append(taken)
    return measured


def large_against_small(
    name: str,
    rounds: int,
    *,
    bare: Contestant,
    small: Contestant,
    large: Contestant,
    of_small: str,
    most: float,
    promised: bool = True,
) -> Row:
    """Whether the same work takes at most ``most`` times as long where there is far more."""
    seconds = alternating(rounds, bare=bare, small=small, large=large)
    times = ratio(seconds["large"], seconds["small"])
    return Row(
        name=name,
        measured=milliseconds(seconds["large"]),
        bare=milliseconds(seconds["bare"]),
        compared=f"{times:.2f} times {of_small} ({milliseconds(seconds['small'])})",
        target=f"≤ {most} times" if promised else "none",
        met=times <= most if promised else None,
        rounds=seconds,
    )


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


def per_second(seconds: Sequence[float]) -> float:
    return 1 / statistics.median(seconds)


def milliseconds(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ms"


@contextlib.contextmanager
def one_cpu() -> Iterator[None]:
    """This process on one CPU only, where the system lets us say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
