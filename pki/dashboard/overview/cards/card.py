"""What a card is, and the numbers that several of them list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Card:
    #: Also of its template, templates/overview/cards/<name>.html.
    name: str
    title: str
    #: What the template finds as ``data``.
    data: Callable[[datetime], Any]
    #: Over both columns.
    wide: bool = False

    @property
    def template(self) -> str:
        return f"overview/cards/{self.name}.html"


@dataclass(frozen=True)
class Number:
    """How many, and the list that shows exactly those."""

    label: str
    count: int
    url: str
    #: good, soon, bad or quiet; of no colour when there are none.
    tone: str = "quiet"
