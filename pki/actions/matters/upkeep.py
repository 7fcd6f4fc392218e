"""What keeps the installation alive: revocation lists, backups, jobs and the audit trail."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pki.actions.backups import last_backup
from pki.actions.matters.matter import DAY, Matter, date
from pki.models import AuditVerification, Authority, Job, RevocationList

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


def old_backup(now: datetime, days: Sequence[int]) -> Iterator[Matter]:
    """Counted from the first root on: before it there is nothing to lose."""
    first = Authority.objects.order_by("created_at").first()
    if first is None:
        return
    last = last_backup()
    since = last.at if last else first.created_at
    if since > now - max(days, default=0) * DAY:
        return
    yield Matter(
        key="backup",
        label="Backup",
        url="/settings/",
        sentence=f"The last backup is of {date(since)}."
        if last
        else f"There has never been a backup, and there is a root since {date(since)}.",
        since=since,
    )


def altered_trail(_now: datetime, _days: Sequence[int]) -> Iterator[Matter]:
    for found in AuditVerification.objects.exclude(fault=""):
        yield Matter(
            key="audit",
            label="Audit trail",
            url="/audit/",
            sentence=f"The audit trail was altered. {found.fault}",
            since=found.failing_since,
        )
