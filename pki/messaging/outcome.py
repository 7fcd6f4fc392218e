"""What came of sending one message."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Whether it arrived, and what the other side said, in words for people; never a secret."""

    arrived: bool
    words: str
    #: Trying again would not help.
    final: bool = False
