"""Taking reminders up, putting them off, and taking that back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pki.actions.acknowledging import MOST, acknowledge, acknowledge_all, snooze, take_back
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.reminders.filters import in_state, matching
from pki.dashboard.reminders.forms import AcknowledgeForm, SnoozeForm
from pki.errors import CertiflowError
from pki.models import Reminder


def reminder_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    reminder = get_object_or_404(Reminder, pk=pk)
    form = AcknowledgeForm(request.POST or None)
    if form.is_valid():
        try:
            acknowledge(reminder, form.cleaned_data["reason"], actor=actor_of(request))
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"You see to {reminder}; nobody is reminded of it for now.")
            return redirect(reminder)
    return render(request, "reminders/acknowledge.html", {"form": form, "reminder": reminder})


def reminder_snooze(request: HttpRequest, pk: int) -> HttpResponse:
    reminder = get_object_or_404(Reminder, pk=pk)
    form = SnoozeForm(request.POST or None)
    if form.is_valid():
        try:
            snooze(reminder, form.moment(), form.cleaned_data["reason"], actor=actor_of(request))
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"{reminder} is put off until then.")
            return redirect(reminder)
    return render(request, "reminders/snooze.html", {"form": form, "reminder": reminder})


@require_POST
def reminder_take_back(request: HttpRequest, pk: int) -> HttpResponse:
    reminder = take_back(get_object_or_404(Reminder, pk=pk), actor=actor_of(request))
    messages.success(request, f"{reminder} is open again.")
    return redirect(reminder)


@require_POST
def acknowledge_matching(request: HttpRequest) -> HttpResponse:
    """Every open one that the list with these filters shows."""
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say in a few words why; nothing was changed.")
        return redirect("reminder-list")
    rows = matching(request.POST.get("query", "")).filter(in_state("open"))
    keys = list(rows.values_list("pk", flat=True)[: MOST + 1])
    done = acknowledge_all(keys, form.cleaned_data["reason"], actor=actor_of(request))
    messages.success(request, f"{done:,} acknowledged.")
    return redirect("reminder-list")
