"""One thing that was looked at, what was found, and the way out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.core.checks import CheckMessage


class Verdict(StrEnum):
    OK = "ok"
    #: It works, and somebody should look at it some time.
    WARN = "warn"
    #: It does not work, or a secret lies open.
    MEND = "mend"


@dataclass(frozen=True)
class Finding:
    check: str
    verdict: Verdict
    detail: str
    #: What to do, as a sentence; empty when nothing is to be done.
    way_out: str = ""


def ok(check: str, detail: str) -> Finding:
    return Finding(check, Verdict.OK, detail)


def warn(check: str, detail: str, way_out: str) -> Finding:
    return Finding(check, Verdict.WARN, detail, way_out)


def mend(check: str, detail: str, way_out: str) -> Finding:
    return Finding(check, Verdict.MEND, detail, way_out)


def said_by(messages: Iterable[CheckMessage], check: str, otherwise: str) -> Iterator[Finding]:
    """The messages of a system check, or that it has none."""
    silent = True
    for message in messages:
        silent = False
        kind = mend if message.is_serious() else warn
        yield kind(check, " ".join(message.msg.split()), message.hint or "See Django's manual.")
    if silent:
        yield ok(check, otherwise)
