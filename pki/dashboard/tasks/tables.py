"""The list of tasks, and how their states look."""

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.dashboard.templatetags import dashboard
from pki.models import AgentTask, TaskState
from pki.task_kinds import KINDS

STATES = {
    TaskState.IDLE: ("Waiting for the agent", "quiet", "hourglass"),
    TaskState.RUNNING: ("Running", "accent", "activity"),
    TaskState.COMPLETED: ("Completed", "good", "circle-check"),
    TaskState.ERROR: ("Error", "bad", "circle-x"),
    TaskState.CANCELLED: ("Cancelled", "quiet", "circle-minus"),
}


def state_badge(task: AgentTask) -> SafeString:
    if task.runs_long(timezone.now()):
        return dashboard.badge("Running for over 10 minutes", "soon", "clock")
    return dashboard.badge(*STATES[TaskState(task.state)])


def kind_label(kind: str) -> str:
    return KINDS[kind].label if kind in KINDS else kind


class TaskTable(tables.Table):
    kind = tables.Column("Task", linkify=True, orderable=False)
    workstation = tables.Column("Workstation", linkify=True, orderable=False)
    state = tables.Column("State", orderable=False)
    created = tables.Column("Given", accessor="created_at", orderable=False)
    created_by = tables.Column("By", orderable=False)
    message = tables.Column("Message", orderable=False)

    class Meta:
        model = AgentTask
        fields = ()

    def render_kind(self, value: str) -> str:
        return kind_label(value)

    def render_state(self, record: AgentTask) -> SafeString:
        return state_badge(record)

    def render_created(self, record: AgentTask) -> SafeString:
        return dashboard.moment(record.created_at)

    def render_message(self, value: str) -> SafeString:
        return format_html("{}", value[:80])
