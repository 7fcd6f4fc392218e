"""Messages to people and programs, on their way."""

from datetime import timedelta

from django.utils import timezone

from pki.actions.deliveries import deliver
from pki.actions.delivery_queue import queue
from pki.jobs.kind import Kind

#: Of a run; the next one is a minute later.
SECONDS = 45.0


def work() -> str:
    now = timezone.now()
    gathered = queue(now)
    done = deliver(now, seconds=SECONDS)
    counts = {
        "made": gathered.deliveries,
        "sent": done.sent,
        "to be tried again": done.later,
        "given up": done.failed,
    }
    return ", ".join(f"{number:,} {word}" for word, number in counts.items() if number) or "Nothing"


KIND = Kind(
    "deliveries",
    "Messages",
    "Sends mail, webhooks and chat messages, and tries again what did not arrive.",
    timedelta(minutes=1),
    work,
)
