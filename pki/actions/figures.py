"""The installation in numbers, for monitoring: a handful of queries, none of them a row each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q

from pki.actions.backups import last_backup
from pki.actions.deliveries import TOLD_FOR, watched
from pki.models import (
    Authority,
    Certificate,
    Clock,
    DeliveryState,
    Job,
    JobRun,
    ProbeState,
    Reminder,
    ReminderKind,
    RevocationList,
    Server,
    TrustState,
    Workstation,
)
from pki.models.job import Outcome
from pki.models.reminder import unanswered


@dataclass(frozen=True)
class Figure:
    """One measurement; ``labels`` tell it from others of the same name."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def figures(now: datetime) -> Iterator[Figure]:
    """Times are seconds since 1970."""
    yield from of_the_clock()
    yield from of_certificates(now)
    yield from of_servers()
    yield from of_workstations()
    yield from of_authorities(now)
    yield from of_reminders(now)
    yield from of_backups()
    yield from of_deliveries(now)


def of_the_clock() -> Iterator[Figure]:
    clock = Clock.objects.first()
    yield Figure(
        "certiflow_clock_last_tick_timestamp_seconds",
        "When the scheduler was heard last; 0 before it ever was.",
        clock.ticked_at.timestamp() if clock else 0,
    )
    last = dict(
        JobRun.objects.filter(outcome=Outcome.DONE)
        .order_by()
        .values_list("job")
        .annotate(last=Max("finished_at"))
    )
    for job in Job.objects.all():
        labels = (("job", job.name),)
        yield Figure(
            "certiflow_job_failures", "Failures of the job in a row.", job.failures, labels
        )
        done = last.get(job.name)
        if done is not None:
            yield Figure(
                "certiflow_job_last_success_timestamp_seconds",
                "When the job last went well.",
                done.timestamp(),
                labels,
            )


def of_certificates(now: datetime) -> Iterator[Figure]:
    valid = Certificate.objects.filter(state=Certificate.State.ISSUED, not_after__gt=now)
    for profile, number in valid.order_by().values_list("profile").annotate(Count("pk")):
        yield Figure(
            "certiflow_certificates_valid",
            "Certificates that are valid now.",
            number,
            (("profile", profile),),
        )


def of_servers() -> Iterator[Figure]:
    rows = Server.objects.filter(certificate__isnull=False)
    for fqdn, not_after in rows.values_list("fqdn", "certificate__not_after"):
        yield Figure(
            "certiflow_server_certificate_expiry_timestamp_seconds",
            "When the server's current certificate expires.",
            not_after.timestamp(),
            (("server", fqdn),),
        )
    found = dict.fromkeys(ProbeState, 0)
    for server in rows.select_related("certificate").only(
        "probe_state", "probe_sha256", "certificate__sha256"
    ):
        if server.usage is not None:
            found[server.usage] += 1
    for state, number in found.items():
        yield Figure(
            "certiflow_servers_probed",
            "Servers by what they answered with.",
            number,
            (("state", state.value),),
        )


def of_workstations() -> Iterator[Figure]:
    rows = Workstation.objects.order_by().values_list("state").annotate(Count("pk"))
    numbers = {state.value: 0 for state in TrustState} | dict(rows)
    for state, number in numbers.items():
        yield Figure(
            "certiflow_workstations", "Workstations by state.", number, (("state", state),)
        )
    oldest = Workstation.objects.filter(state=TrustState.PENDING).aggregate(
        at=Min("registered_at")
    )["at"]
    yield Figure(
        "certiflow_workstation_oldest_pending_timestamp_seconds",
        "Since when the oldest one waits for approval; 0 when none does.",
        oldest.timestamp() if oldest else 0,
    )


def of_authorities(now: datetime) -> Iterator[Figure]:
    lists = dict(RevocationList.objects.values_list("pk", "next_update"))
    # That a retired root ends is no news; before that its revocation list still has to be good.
    for pk, name, not_after, retired_at in Authority.objects.filter(
        Q(retired_at=None) | Q(certificate__not_after__gt=now)
    ).values_list("pk", "common_name", "certificate__not_after", "retired_at"):
        labels = (("authority", str(pk)), ("common_name", name))
        if retired_at is None:
            yield Figure(
                "certiflow_authority_expiry_timestamp_seconds",
                "When the authority's certificate expires.",
                not_after.timestamp(),
                labels,
            )
        next_update = lists.get(pk)
        if next_update is not None:
            yield Figure(
                "certiflow_revocation_list_next_update_timestamp_seconds",
                "Until when the newest revocation list is good.",
                next_update.timestamp(),
                labels,
            )


def of_reminders(now: datetime) -> Iterator[Figure]:
    """Those that nobody has taken up or put off."""
    rows = (
        Reminder.objects.filter(unanswered(now))
        .order_by()
        .values_list("kind")
        .annotate(Count("pk"))
    )
    for kind, number in ({kind.value: 0 for kind in ReminderKind} | dict(rows)).items():
        yield Figure(
            "certiflow_reminders_open",
            "Reminders that nobody has acknowledged or put off.",
            number,
            (("kind", kind),),
        )


def of_backups() -> Iterator[Figure]:
    last = last_backup()
    yield Figure(
        "certiflow_last_backup_timestamp_seconds",
        "As of when the newest backup is; 0 if there has never been one.",
        last.at.timestamp() if last else 0,
    )


def of_deliveries(now: datetime) -> Iterator[Figure]:
    """Of the last days only: what was given up long ago is nobody's alarm any more."""
    found = watched(now).order_by().values_list("state").annotate(Count("pk"))
    for state, number in ({state.value: 0 for state in DeliveryState} | dict(found)).items():
        yield Figure(
            "certiflow_deliveries",
            f"Messages of the last {TOLD_FOR.days} days by state.",
            number,
            (("state", state),),
        )
