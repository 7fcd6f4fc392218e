"""When each job is due, who runs it, and what came of it.

Any number of schedulers and workers may run. A job is handed out to one of them by moving
its next date, and run by one at a time under a lease, which a process that died gives back
by letting it run out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.models import Clock, Job, JobRun
from pki.models.job import Outcome

#: A run that takes longer may be run by another process as well.
LEASE = timedelta(minutes=15)
#: The clock ticks far more often than this; silence for so long is told.
SILENT_AFTER = timedelta(minutes=3)
#: Runs that are kept of each job.
KEPT = 100
MESSAGE_LIMIT = 500
#: The job that signs revocation lists and renews OCSP responders; actions make it due.
PUBLICATION = "publication"


def tick(intervals: Mapping[str, timedelta]) -> list[str]:
    """A sign of life; the names of the jobs that are due, each given to one caller only.

    In the order of ``intervals``: after a long silence everything is due at once, and what
    renews has to come before what tells people that nobody renewed.
    """
    now = timezone.now()
    Clock.objects.update_or_create(pk=1, defaults={"ticked_at": now})
    Job.objects.bulk_create(
        [Job(name=name, next_run_at=now) for name in intervals], ignore_conflicts=True
    )
    reached = Job.objects.filter(name__in=intervals, next_run_at__lte=now)
    dates = dict(reached.values_list("name", "next_run_at"))
    due = []
    for name in intervals:
        if name not in dates:
            continue
        # Whoever moves the date has it.
        moved = Job.objects.filter(name=name, next_run_at=dates[name])
        if moved.update(next_run_at=now + intervals[name]):
            due.append(name)
    return due


def run(name: str, work: Callable[[], str]) -> JobRun | None:
    """Do ``work``, which says in a few words what it did; None while another process is at it.

    What it raises is kept as the outcome and raised again.
    """
    now = timezone.now()
    Job.objects.get_or_create(name=name)
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    if not Job.objects.filter(free, name=name).update(leased_until=now + LEASE):
        return None
    started = JobRun.objects.create(job_id=name, started_at=now)
    try:
        message = work()
    except Exception as error:
        finish(started, Outcome.FAILED, f"{type(error).__name__}: {error}")
        raise
    finish(started, Outcome.DONE, message)
    return started


def finish(started: JobRun, outcome: Outcome, message: str) -> None:
    with transaction.atomic():
        started.finished_at = timezone.now()
        started.outcome = outcome
        started.message = message[:MESSAGE_LIMIT]
        started.save(update_fields=["finished_at", "outcome", "message"])
        failures = F("failures") + 1 if outcome == Outcome.FAILED else 0
        Job.objects.filter(pk=started.job_id).update(leased_until=None, failures=failures)
        old = JobRun.objects.filter(job=started.job_id).values_list("pk", flat=True)[KEPT:][:KEPT]
        JobRun.objects.filter(pk__in=list(old)).delete()


def bring_forward(name: str, at: datetime) -> None:
    """Due then at the latest. Before the clock's first tick everything is due at once anyway."""
    Job.objects.filter(name=name, next_run_at__gt=at).update(next_run_at=at)


def run_soon(name: str, *, actor: Actor) -> Job:
    """Due at the next tick of the clock, a few seconds from now."""
    with transaction.atomic():
        job, _ = Job.objects.get_or_create(name=name)
        job.next_run_at = timezone.now()
        job.save(update_fields=["next_run_at"])
        record(actor, "job.requested", job)
    return job


def silent_since(now: datetime) -> datetime | None:
    """When the clock was heard last, if that is too long ago; None while it ticks.

    Also None before its first tick: `certiflow up` starts it with everything else.
    """
    clock = Clock.objects.first()
    return clock.ticked_at if clock and now - clock.ticked_at > SILENT_AFTER else None


@dataclass(frozen=True)
class Standing:
    """A job as it stands; both None before it was due for the first time."""

    job: Job | None
    last: JobRun | None


def standings(names: Iterable[str]) -> dict[str, Standing]:
    """Of each job, with its newest run. Two queries."""
    newest = JobRun.objects.filter(job=OuterRef("pk")).values("pk")[:1]
    jobs = Job.objects.filter(name__in=list(names)).annotate(newest=Subquery(newest))
    found = {job.name: job for job in jobs}
    keys = [job.newest for job in found.values() if job.newest]
    runs = {run.job_id: run for run in JobRun.objects.filter(pk__in=keys)}
    return {name: Standing(found.get(name), runs.get(name)) for name in names}
