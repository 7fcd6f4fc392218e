"""The clock that has stopped, and jobs that fail."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from pki.actions.clock import silent_since
from pki.dashboard.overview.chores.chore import SHOWN, Chore
from pki.jobs import KINDS
from pki.models import Job


def the_clock(now: datetime) -> Iterator[Chore]:
    """Silence is never good news: without the clock nothing below would ever be told."""
    silent = silent_since(now)
    if silent:
        yield Chore(
            "bad",
            "The clock has stopped",
            f"Nothing runs by itself since {silent:%Y-%m-%d %H:%M} UTC. Start the product with "
            "“certiflow up”, or run “certiflow maintain” by cron.",
            reverse("job-list"),
            "Look at the jobs",
        )
    for job in Job.objects.filter(failures__gt=0)[:SHOWN]:
        times = "" if job.failures == 1 else f", {job.failures:,} times in a row"
        yield Chore(
            "bad",
            f"The job “{KINDS[job.name].label if job.name in KINDS else job.name}” failed{times}",
            "The list of jobs says why.",
            reverse("job-list"),
            "Look at it",
        )
