"""The jobs, one job's runs, and asking for a run."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from pki.actions.clock import LEASE, run_soon, silent_since, standings
from pki.dashboard.access import actor_of
from pki.dashboard.templatetags.dashboard import badge
from pki.jobs import KINDS
from pki.jobs.kind import Kind
from pki.models import JobRun
from pki.models.job import Outcome


def job_list(request: HttpRequest) -> HttpResponse:
    found = standings(KINDS)
    now = timezone.now()
    rows = [
        {
            "kind": kind,
            "every": in_words(kind.every),
            "job": found[name].job,
            "last": found[name].last,
            "badge": outcome_badge(found[name].last, now),
        }
        for name, kind in KINDS.items()
    ]
    return render(request, "jobs/list.html", {"rows": rows, "silent": silent_since(now)})


def job_detail(request: HttpRequest, name: str) -> HttpResponse:
    kind = known(name)
    now = timezone.now()
    runs = [
        {"run": run, "badge": outcome_badge(run, now)}
        for run in JobRun.objects.filter(job=kind.name)[:50]
    ]
    return render(
        request,
        "jobs/detail.html",
        {
            "kind": kind,
            "every": in_words(kind.every),
            "job": standings([kind.name])[kind.name].job,
            "runs": runs,
        },
    )


@require_POST
def job_run(request: HttpRequest, name: str) -> HttpResponse:
    kind = known(name)
    run_soon(kind.name, actor=actor_of(request))
    messages.success(request, f"“{kind.label}” starts within a few seconds.")
    return redirect("job-list")


def known(name: str) -> Kind:
    if name not in KINDS:
        raise Http404("There is no such job.")
    return KINDS[name]


def outcome_badge(run: JobRun | None, now: datetime) -> SafeString:
    if run is None:
        return badge("Not yet")
    if run.outcome == Outcome.DONE:
        return badge("Done", "good", "circle-check")
    if run.outcome == Outcome.FAILED:
        return badge("Failed", "bad", "alert-triangle")
    if now - run.started_at > LEASE:
        return badge("Broken off", "bad", "alert-triangle")
    return badge("Running", "accent", "hourglass")


def in_words(every: timedelta) -> str:
    minutes = int(every.total_seconds()) // 60
    if minutes == 1:
        return "every minute"
    return f"every {minutes // 60} hours" if minutes >= 120 else f"every {minutes} minutes"
