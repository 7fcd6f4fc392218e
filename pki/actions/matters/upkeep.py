"""What the product itself has to do: revocation lists and jobs."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pki.actions.matters.matter import Matter
from pki.models import Job, RevocationList

#: One that failed so often in a row does not fail by chance.
FAILURES = 3
#: A list is followed by the next when half of its time is gone; with a quarter left it was not.
LEFT = 0.25


def overdue_lists(now: datetime, _days: Sequence[int]) -> Iterator[Matter]:
    rows = RevocationList.objects.filter(
        this_update__isnull=False,
        next_update__isnull=False,
        authority__certificate__not_after__gt=now,
    ).values_list("pk", "authority__common_name", "this_update", "next_update")
    for pk, name, this_update, next_update in rows:
        if this_update is None or next_update is None:
            continue
        if next_update - now > (next_update - this_update) * LEFT:
            continue
        state = "is out of date since" if next_update <= now else "is out of date on"
        yield Matter(
            key=f"authority:{pk}",
            label=f"Revocation list of {name}",
            url=f"/authorities/{pk}/",
            sentence=f"The revocation list of {name} {state} {next_update:%Y-%m-%d %H:%M} UTC, "
            "and no new one was signed.",
            since=next_update,
        )


def failing_jobs(_now: datetime, _days: Sequence[int]) -> Iterator[Matter]:
    for job in Job.objects.filter(failures__gte=FAILURES):
        yield Matter(
            key=f"job:{job.name}",
            label=f"Job {job.name}",
            url=f"/jobs/{job.name}/",
            sentence=f"The job “{job.name}” failed {job.failures:,} times in a row.",
        )
