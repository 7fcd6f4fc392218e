"""Renaming a workstation, commenting on it, giving it a task."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html

from pki.actions.agent_tasks import assign_task
from pki.actions.workstations import change_workstation, dismiss_alternation
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error, add_message
from pki.dashboard.workstations.forms import TaskForm, WorkstationForm
from pki.errors import CertiflowError
from pki.models import Workstation
from pki.task_kinds.renew_certificate import RENEW_CERTIFICATE


def workstation_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Workstation, pk=pk)
    form = WorkstationForm(
        request.POST or None,
        initial={
            "name": row.name,
            "comment": row.comment,
            "tags": ", ".join(row.tags.values_list("name", flat=True)),
        },
    )
    if form.is_valid():
        try:
            change_workstation(row, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The changes are saved.")
            return redirect(row)
    return render(request, "workstations/edit.html", {"workstation": row, "form": form})


def workstation_task(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Workstation, pk=pk)
    form = TaskForm(request.POST or None)
    if form.is_valid():
        try:
            task = assign_task(
                row, form.cleaned_data["kind"], form.parameters(), actor=actor_of(request)
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The task waits for the agent, which asks every few minutes.")
            return redirect(task)
    return render(request, "workstations/task.html", {"workstation": row, "form": form})


def workstation_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """One machine after all, though its names came and went."""
    row = get_object_or_404(Workstation, pk=pk)
    try:
        dismiss_alternation(row, actor=actor_of(request))
    except CertiflowError as error:
        add_message(request, error, level=messages.WARNING)
    else:
        messages.success(request, f"{row} is flagged again only if its names go on alternating.")
    return redirect(row)


def workstation_renew(request: HttpRequest, pk: int) -> HttpResponse:
    """By its agent, which alone has the key: the task to renew, with nothing to choose."""
    row = get_object_or_404(Workstation, pk=pk)
    try:
        task = assign_task(row, RENEW_CERTIFICATE.name, {}, actor=actor_of(request))
    except CertiflowError as error:
        add_message(request, error, level=messages.WARNING)
    else:
        words = '{} renews its certificate when its agent asks next: <a href="{}">the task</a>.'
        messages.success(request, format_html(words, row, task.get_absolute_url()))
    return redirect("overview")
