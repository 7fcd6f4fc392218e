"""Something an agent is to do, and what became of it."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from pki.models.outside_json_field import OutsideJSONField


class TaskState(models.TextChoices):
    IDLE = "idle", "Waiting for the agent"
    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    ERROR = "error", "Error"
    CANCELLED = "cancelled", "Cancelled"


#: A task that runs for longer is shown as such.
LONG = timedelta(minutes=10)

OPEN = (TaskState.IDLE, TaskState.RUNNING)


class AgentTask(models.Model):
    TaskState = TaskState

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workstation = models.ForeignKey(
        "pki.Workstation", on_delete=models.PROTECT, related_name="tasks"
    )
    kind = models.CharField(max_length=40, help_text="a name from pki.task_kinds")
    parameters = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.IDLE)
    #: While it runs: from when on it may be given again, because its agent died.
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    result = OutsideJSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=150)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["workstation", "state"], name="task_workstation"),
            models.Index(fields=["state", "created_at"], name="task_state"),
            models.Index(fields=["kind", "created_at"], name="task_kind"),
            models.Index(fields=["-created_at", "-id"], name="task_created"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.pk)[:8]}"

    def get_absolute_url(self) -> str:
        return f"/tasks/{self.pk}/"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def runs_long(self, now: datetime) -> bool:
        return (
            self.state == TaskState.RUNNING
            and self.started_at is not None
            and now - self.started_at > LONG
        )
