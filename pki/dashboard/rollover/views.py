"""The guided page, the start, and the decisions about it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from pki.actions.rollover.cut_off import cut_off
from pki.actions.rollover.open_rollover import crossed, open_rollover
from pki.actions.rollover.standing import standing
from pki.actions.rollover.starting import active_root, next_name, start_rollover
from pki.actions.rollover.waves import unsettled
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.rollover.decisions import DECISIONS
from pki.dashboard.rollover.forms import SuccessorForm
from pki.dashboard.rollover.steps import steps
from pki.errors import CertiflowError
from pki.models import Rollover
from pki.models.rollover import Stage

#: Servers named one by one.
SHOWN = 10


def rollover_page(request: HttpRequest) -> HttpResponse:
    """Where the replacement stands, or how one begins."""
    row = open_rollover()
    past = Rollover.objects.filter(is_open=False).select_related("old", "successor")[:5]
    context: dict[str, Any] = {"rollover": row, "past": past, "root": active_root()}
    if row is not None:
        context |= in_progress(row)
    return render(request, "rollover/page.html", context)


def in_progress(row: Rollover) -> dict[str, Any]:
    now, left = standing(row), cut_off(row)
    to_install = list(unsettled(row).defer("comment")[: SHOWN + 1])
    return {
        "steps": steps(row, now, left),
        "servers": now.servers,
        "workstations": now.workstations,
        "left": left,
        "to_install": to_install[:SHOWN],
        "more_to_install": len(to_install) > SHOWN,
        "reissuing": row.stage == Stage.REISSUING,
        "crossed": crossed(row).select_related("authority").defer("der", "chain"),
        "old_expired": row.old.certificate.not_after <= timezone.now(),
    }


def rollover_start(request: HttpRequest) -> HttpResponse:
    if open_rollover() is not None:
        return redirect("rollover")
    root = active_root()
    form = SuccessorForm(request.POST or None, initial={"common_name": next_name(root)})
    if form.is_valid():
        try:
            row = start_rollover(
                actor=actor_of(request),
                common_name=form.cleaned_data["common_name"],
                key_spec=form.cleaned_data["key"],
                lifetime=form.cleaned_data["days"],
                old_key_safe=not form.cleaned_data["exposed"],
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(
                request, f"{row.successor} is created and announced. {row.old} goes on signing."
            )
            return redirect("rollover")
    return render(request, "rollover/start.html", {"form": form, "root": root})


def rollover_decide(request: HttpRequest, verb: str) -> HttpResponse:
    """What would happen; and, once that is confirmed, that it happens."""
    decision, row = DECISIONS.get(verb), open_rollover()
    if decision is None:
        raise Http404("There is no such decision.")
    if row is None:
        return redirect("rollover")
    if request.method == "POST":
        done = decision.action(row, actor=actor_of(request))
        messages.success(request, decision.done_in_words(done))
        return redirect("rollover")
    context: dict[str, Any] = {"rollover": row, "decision": decision, **decision.in_words(row)}
    if verb == "begin":
        now = standing(row)
        context |= {"workstations": now.workstations, "servers": now.servers}
    return render(request, "rollover/decide.html", context)
