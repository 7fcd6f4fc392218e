"""What needs a hand, told before it is too late."""

from datetime import timedelta

from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.reminding import remind
from pki.jobs.kind import Kind


def work() -> str:
    told = remind(timezone.now(), actor=SYSTEM)
    if not (told.opened or told.notices or told.closed):
        return "Nothing new"
    return f"{told.opened:,} opened, {told.notices:,} notices, {told.closed:,} settled"


KIND = Kind(
    "reminders",
    "Reminders",
    "Looks for what expires, fails or waits, and writes down what is to be told.",
    timedelta(minutes=15),
    work,
)
