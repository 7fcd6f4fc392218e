"""What a chore is."""

from dataclasses import dataclass

#: Things named one by one; of more than these only the number is told.
SHOWN = 5


@dataclass(frozen=True)
class Chore:
    #: bad or soon, as the states of certificates.
    tone: str
    title: str
    detail: str
    url: str
    button: str
