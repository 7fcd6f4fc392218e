"""Certificates that were begun by a process that is gone."""

from datetime import timedelta

from pki.actions.actor import SYSTEM
from pki.actions.close_unfinished import close_unfinished
from pki.jobs.kind import Kind


def work() -> str:
    closed = close_unfinished(SYSTEM)
    return f"{closed:,} closed" if closed else "Nothing was left unfinished"


KIND = Kind(
    "unfinished",
    "Unfinished certificates",
    "Closes what a stopped process had begun to issue; nobody received it.",
    timedelta(minutes=5),
    work,
)
