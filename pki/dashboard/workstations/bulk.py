"""Selecting many workstations, looking at what would change, watching it change."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pki.actions import bulk_changes
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error, add_message
from pki.dashboard.workstations.filters import matching
from pki.dashboard.workstations.forms import DecisionForm, TagForm, TaskForm
from pki.dashboard.workstations.wording import STATES
from pki.errors import CertiflowError
from pki.models import BulkChange
from pki.models.bulk_change import Verb
from pki.models.workstation import TRANSITIONS

#: Seconds between two movements of the progress bar.
STEP = 0.4


@require_POST
def bulk_select(request: HttpRequest) -> HttpResponse:
    """What was ticked in the list, or everything that its filters match."""
    query = request.POST.get("query", "")
    try:
        if request.POST.get("every"):
            keys = list(matching(query).values_list("pk", flat=True))
        else:
            keys = [int(text) for text in request.POST.getlist("selected") if text.isdecimal()]
        change = bulk_changes.prepare(request.POST.get("verb", ""), keys, actor=actor_of(request))
    except CertiflowError as error:
        add_message(request, error)
        return redirect(f"/workstations/?{query}")
    return redirect(change)


def bulk_change(request: HttpRequest, pk: object) -> HttpResponse:
    change = get_object_or_404(BulkChange, pk=pk)
    if change.started_at is not None:
        return progress(request, change)
    form = form_for(change, request)
    if form.is_valid():
        try:
            started = bulk_changes.start(change, parameters(form), actor=actor_of(request))
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            return redirect(started)
    return render(request, "workstations/bulk_preview.html", {"form": form, **preview(change)})


def form_for(change: BulkChange, request: HttpRequest) -> forms.Form:
    given = request.POST if request.method == "POST" else None
    if change.verb in TRANSITIONS:
        return DecisionForm(TRANSITIONS[change.verb], given)
    if change.verb == Verb.TASK:
        return TaskForm(given)
    return TagForm(given, initial=change.parameters)


def parameters(form: forms.Form) -> dict[str, object]:
    if isinstance(form, TaskForm):
        return {"kind": form.cleaned_data["kind"], "parameters": form.parameters()}
    return dict(form.cleaned_data)


def preview(change: BulkChange) -> dict[str, object]:
    """How many would change, and how many would not because of their state."""
    possible = bulk_changes.sources(change.verb)
    found = bulk_changes.states(change)
    return {
        "change": change,
        "states": [
            {"badge": STATES[state], "count": count, "changes": state in possible}
            for state, count in found.items()
        ],
        "will_change": sum(count for state, count in found.items() if state in possible),
    }


def progress(request: HttpRequest, change: BulkChange) -> HttpResponse:
    back = bulk_changes.OPPOSITE.get(Verb(change.verb))
    return render(
        request,
        "workstations/bulk_progress.html",
        {
            "change": change,
            "back": back.label if back and change.changed else "",
            "undone_by": change.undone_by.filter(started_at__isnull=False).first(),
        },
    )


@require_POST
def bulk_step(request: HttpRequest, pk: object) -> HttpResponse:
    """A moment's work; a page without scripts comes back for more by its button."""
    row = get_object_or_404(BulkChange, pk=pk)
    change = bulk_changes.step(row, actor=actor_of(request), seconds=STEP)
    if "HX-Request" in request.headers:
        return progress(request, change)
    return redirect(change)


@require_POST
def bulk_undo(request: HttpRequest, pk: object) -> HttpResponse:
    """To the preview of the opposite: nothing is taken back unseen."""
    change = get_object_or_404(BulkChange, pk=pk)
    return redirect(bulk_changes.undo(change, actor=actor_of(request)))
