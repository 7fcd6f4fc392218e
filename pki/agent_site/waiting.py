"""How many tasks wait for an agent, in the cheapest way there is: every hello asks."""

from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from pki.actions import statements
from pki.models import AgentTask, TaskState


def waiting_tasks(workstation_id: int) -> int:
    """Those it would be given if it asked now."""
    return len(
        statements.read(waiting, workstation_id, str(TaskState.IDLE), str(TaskState.RUNNING))
    )


def waiting() -> "QuerySet[AgentTask, tuple[Any, ...]]":
    free = Q(state=TaskState.IDLE) | Q(leased_until__lte=Now(), state=TaskState.RUNNING)
    return AgentTask.objects.filter(Q(workstation_id=0) & free).order_by().values_list("pk")
