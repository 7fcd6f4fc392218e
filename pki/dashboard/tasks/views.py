"""Finding, reading and cancelling tasks."""

import json
from datetime import timedelta
from uuid import UUID

import django_filters
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from pki.actions.agent_tasks import cancel_task
from pki.dashboard.access import actor_of
from pki.dashboard.paging import show_page
from pki.dashboard.tasks.tables import TaskTable, kind_label, state_badge
from pki.models import AgentTask, TaskState
from pki.models.agent_task import LONG
from pki.task_kinds import KINDS

RUNS_LONG = ("long", "Running for over 10 minutes")


class TaskFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(
        label="Task",
        choices=[(kind.name, kind.label) for kind in KINDS.values()],
        empty_label="Any",
    )
    state = django_filters.ChoiceFilter(
        label="State", choices=[*TaskState.choices, RUNS_LONG], empty_label="Any", method="by_state"
    )

    class Meta:
        model = AgentTask
        fields = ()

    def by_state(
        self, queryset: "QuerySet[AgentTask]", _name: str, value: str
    ) -> "QuerySet[AgentTask]":
        if value == RUNS_LONG[0]:
            since = timezone.now() - timedelta(seconds=LONG.total_seconds())
            return queryset.filter(state=TaskState.RUNNING, started_at__lt=since)
        return queryset.filter(state=value)


def task_list(request: HttpRequest) -> HttpResponse:
    rows = AgentTask.objects.select_related("workstation").defer("result", "workstation__inventory")
    found = TaskFilter(request.GET, rows)
    table = TaskTable(found.qs)
    show_page(table, request)
    return render(
        request,
        "tasks/list.html",
        {"table": table, "filter": found, "any": bool(request.GET) or AgentTask.objects.exists()},
    )


def task_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    task = get_object_or_404(AgentTask.objects.select_related("workstation"), pk=pk)
    log = task.result.get("log")
    shown = log if isinstance(log, str) else ""
    rest = {name: value for name, value in task.result.items() if name != "log" or not shown}
    return render(
        request,
        "tasks/detail.html",
        {
            "task": task,
            "label": kind_label(task.kind),
            "badge": state_badge(task),
            "log": shown,
            "result": json.dumps(rest, indent=2, ensure_ascii=False) if rest else "",
        },
    )


@require_POST
def task_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    task = cancel_task(get_object_or_404(AgentTask, pk=pk), actor=actor_of(request))
    messages.success(request, "The task is cancelled. An agent that has it may still do it.")
    return redirect(task)
