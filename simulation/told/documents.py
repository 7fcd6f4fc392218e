"""Who is told in this world, and what is read out of letters."""

import re

ADMINISTRATOR = "anna@example.com"
#: Told when nobody takes a server's certificate up within so many days.
HEAD, ESCALATES_AFTER = "head@example.com", 5
WEBHOOK = "webhook"
#: More of one kind and step than this are told as a number.
MOST_NAMED = 10
CLOSED, ESCALATED = "closed", "escalated"
#: Said after a sentence of somebody who has it in hand.
ASIDE = re.compile(r" \((?:acknowledged by|put off by|settled meanwhile)[^)]*\)$")


def sentences(text: str) -> list[str]:
    """Everything a letter tells, a sentence each."""
    return [
        ASIDE.sub("", line.removeprefix("- "))
        for line in text.splitlines()
        if line.startswith("- ")
    ]
