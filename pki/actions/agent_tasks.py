"""Tasks for agents: assigning, leasing to one agent once, taking results, cancelling."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.agent_texts import kept_result, one_line
from pki.actions.audit import record
from pki.errors import Conflict, InvalidInput, NotFound
from pki.models import AgentTask, TaskState, TrustState, Workstation
from pki.models.agent_task import OPEN
from pki.task_kinds import by_name

#: An agent that has not answered for so long has died; the task is given again.
LEASE = timedelta(minutes=30)
#: Given so often without an answer, it has failed.
MOST_ATTEMPTS = 5
#: Tasks that one question is answered with.
AT_ONCE = 10
#: Tasks that one workstation may have open.
MOST_OPEN = 50


def assign_task(
    workstation: Workstation,
    kind: str,
    parameters: Mapping[str, object],
    *,
    actor: Actor,
) -> AgentTask:
    """A task the agent gets when it asks next.

    Raises InvalidInput ``task.…`` and Conflict ``workstation.not_trusted``,
    ``task.same_open`` or ``task.too_many``.
    """
    known = by_name(kind)
    checked = known.checked(parameters)
    with transaction.atomic():
        row = Workstation.objects.select_for_update().get(pk=workstation.pk)
        refuse_untrusted(row)
        waiting = list(AgentTask.objects.filter(workstation=row, state__in=OPEN))
        for task in waiting:
            if (task.kind, task.parameters, task.state) == (kind, checked, TaskState.IDLE):
                raise Conflict(
                    f"“{known.label}” waits for the agent of {row.name} already.",
                    code="task.same_open",
                )
        if len(waiting) >= MOST_OPEN:
            raise Conflict(
                f"{row.name} has {MOST_OPEN} open tasks. Wait until its agent has done some, or "
                "cancel them.",
                code="task.too_many",
            )
        task = AgentTask.objects.create(
            workstation=row, kind=kind, parameters=checked, created_by=actor.name[:150]
        )
        record(actor, "task.assigned", task, kind=kind, workstation=str(row), **checked)
    return task


def refuse_untrusted(row: Workstation) -> None:
    if row.state != TrustState.TRUSTED:
        raise Conflict(
            f"{row.name} is {TrustState(row.state).label.lower()}; only trusted workstations get "
            "tasks.",
            code="workstation.not_trusted",
        )


def assign_to_all(
    workstations: Iterable[Workstation],
    kind: str,
    parameters: Mapping[str, object],
    *,
    actor: Actor,
) -> tuple[list[AgentTask], list[str]]:
    """The tasks, and a sentence for each workstation that did not get one."""
    tasks: list[AgentTask] = []
    refused: list[str] = []
    for workstation in workstations:
        try:
            tasks.append(assign_task(workstation, kind, parameters, actor=actor))
        except Conflict as error:
            refused.append(error.message)
    return tasks, refused


def lease_tasks(workstation: Workstation, *, actor: Actor) -> list[AgentTask]:
    """What the agent is to do now; nobody else gets these until the lease is over."""
    now = timezone.now()
    with transaction.atomic():
        row = Workstation.objects.select_for_update().get(pk=workstation.pk)
        if row.state != TrustState.TRUSTED:
            return []
        free = Q(state=TaskState.IDLE) | Q(state=TaskState.RUNNING, leased_until__lte=now)
        found = list(
            AgentTask.objects.filter(free, workstation=row).order_by("created_at", "pk")[:AT_ONCE]
        )
        return [task for task in found if give(task, actor)]


def give(task: AgentTask, actor: Actor) -> bool:
    if task.attempts >= MOST_ATTEMPTS:
        finish(
            task,
            TaskState.ERROR,
            f"The agent took it {MOST_ATTEMPTS} times and never answered.",
            {},
            actor,
        )
        return False
    task.state = TaskState.RUNNING
    task.attempts += 1
    task.started_at = timezone.now()
    task.leased_until = task.started_at + LEASE
    task.save(update_fields=["state", "attempts", "started_at", "leased_until"])
    record(actor, "task.started", task, attempt=task.attempts)
    return True


def take_result(
    workstation: Workstation,
    task_id: str,
    outcome: str,
    message: str,
    result: dict[str, Any],
    *,
    actor: Actor,
) -> AgentTask:
    """What became of it; told again, nothing changes.

    Raises InvalidInput ``task.outcome``, NotFound ``task.missing`` and Conflict
    ``task.not_started``.
    """
    if outcome not in {TaskState.COMPLETED, TaskState.ERROR}:
        raise InvalidInput(
            "“outcome” must be “completed” or “error”.", code="task.outcome", field="outcome"
        )
    with transaction.atomic():
        task = (
            AgentTask.objects.select_for_update()
            .filter(pk=task_id, workstation=workstation)
            .first()
        )
        if task is None:
            raise NotFound("This workstation has no such task.", code="task.missing")
        if task.state == TaskState.IDLE:
            raise Conflict(
                "This task was not given to the agent yet. Ask for tasks first.",
                code="task.not_started",
            )
        if task.state == TaskState.RUNNING:
            finish(task, TaskState(outcome), message, result, actor)
    return task


def finish(
    task: AgentTask, state: TaskState, message: str, result: dict[str, Any], actor: Actor
) -> None:
    task.state = state
    task.message = one_line(message)[:500]
    task.result = kept_result(result)
    task.finished_at = timezone.now()
    task.leased_until = None
    task.save(update_fields=["state", "message", "result", "finished_at", "leased_until"])
    record(actor, "task.finished", task, kind=task.kind, outcome=str(state))


def cancel_task(task: AgentTask, *, actor: Actor) -> AgentTask:
    """An agent that has it already may still do it. Raises Conflict ``task.ended``."""
    with transaction.atomic():
        row = AgentTask.objects.select_for_update().get(pk=task.pk)
        if not row.is_open:
            raise Conflict(
                f"This task is {row.get_state_display().lower()} already.", code="task.ended"
            )
        row.state = TaskState.CANCELLED
        row.finished_at = timezone.now()
        row.leased_until = None
        row.save(update_fields=["state", "finished_at", "leased_until"])
        record(actor, "task.cancelled", row, kind=row.kind)
    return row
