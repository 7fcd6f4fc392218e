"""What anybody can cause and was only counted, said in the audit log once its minute is over."""

from datetime import timedelta

from django.utils import timezone

from pki.actions.strangers import close_minutes, store
from pki.jobs.kind import Kind


def work() -> str:
    store()
    closed = close_minutes(timezone.now())
    return f"{closed:,} minutes with more than was written" if closed else "Nothing was left out"


KIND = Kind(
    "counted-events",
    "Counted audit events",
    "Says how many refusals of a minute were more than the audit log takes one by one.",
    timedelta(minutes=1),
    work,
)
