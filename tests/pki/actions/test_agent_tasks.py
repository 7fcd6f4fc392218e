"""Tasks: for trusted workstations only, given once, back when the agent died."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.agent_tasks import (
    LEASE,
    MOST_ATTEMPTS,
    assign_task,
    cancel_task,
    lease_tasks,
    take_result,
)
from pki.actions.trust import revoke_workstation
from pki.errors import Conflict, InvalidInput
from pki.models import AgentTask, AuditEvent, Workstation


def test_only_trusted_workstations_get_tasks(workstation: Workstation) -> None:
    with pytest.raises(Conflict) as caught:
        assign_task(workstation, "report-inventory", {}, actor=SYSTEM)
    assert "only trusted workstations get tasks" in caught.value.message
    assert not AgentTask.objects.exists()


@pytest.mark.parametrize(
    ("kind", "parameters", "field"),
    [
        ("format-disk", {}, "kind"),
        ("collect-log", {"lines": 0}, "lines"),
        ("collect-log", {"lines": "many"}, "lines"),
        ("collect-log", {"path": "/etc/shadow"}, "path"),
        ("report-inventory", {"lines": 5}, "lines"),
    ],
)
def test_a_task_nobody_can_do_is_refused_with_the_field(
    trusted: Workstation, kind: str, parameters: dict[str, object], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        assign_task(trusted, kind, parameters, actor=SYSTEM)
    assert caught.value.field == field


def test_a_task_comes_back_when_its_agent_died_and_fails_in_the_end(trusted: Workstation) -> None:
    task = assign_task(trusted, "collect-log", {}, actor=SYSTEM)
    assert task.parameters == {"lines": 200}
    now = timezone.now()
    for attempt in range(MOST_ATTEMPTS):
        with time_machine.travel(now + attempt * (LEASE + timedelta(seconds=1)), tick=False):
            assert lease_tasks(trusted, actor=SYSTEM) == [task]
            assert lease_tasks(trusted, actor=SYSTEM) == []
    with time_machine.travel(now + MOST_ATTEMPTS * (LEASE + timedelta(seconds=1))):
        assert lease_tasks(trusted, actor=SYSTEM) == []
    task.refresh_from_db()
    assert task.state == "error"
    assert "never answered" in task.message


def test_a_task_that_runs_for_more_than_ten_minutes_is_shown_as_such(trusted: Workstation) -> None:
    assign_task(trusted, "report-inventory", {}, actor=SYSTEM)
    [task] = lease_tasks(trusted, actor=SYSTEM)
    assert not task.runs_long(timezone.now())
    assert task.runs_long(timezone.now() + timedelta(minutes=11))


def test_the_same_task_does_not_wait_twice(trusted: Workstation) -> None:
    assign_task(trusted, "report-inventory", {}, actor=SYSTEM)
    with pytest.raises(Conflict):
        assign_task(trusted, "report-inventory", {}, actor=SYSTEM)


def test_a_result_is_taken_once_and_a_cancelled_task_stays_cancelled(trusted: Workstation) -> None:
    assign_task(trusted, "report-inventory", {}, actor=SYSTEM)
    [task] = lease_tasks(trusted, actor=SYSTEM)
    take_result(trusted, str(task.pk), "completed", "Done", {"a": 1}, actor=SYSTEM)
    again = take_result(trusted, str(task.pk), "error", "Failed", {}, actor=SYSTEM)
    assert (again.state, again.message, again.result) == ("completed", "Done", {"a": 1})
    assert AuditEvent.objects.filter(event="task.finished").count() == 1

    assign_task(trusted, "report-inventory", {}, actor=SYSTEM)
    [other] = lease_tasks(trusted, actor=SYSTEM)
    cancel_task(other, actor=SYSTEM)
    assert take_result(trusted, str(other.pk), "completed", "", {}, actor=SYSTEM).state == (
        "cancelled"
    )


def test_revoking_a_workstation_cancels_what_it_was_to_do(trusted: Workstation) -> None:
    task = assign_task(trusted, "report-inventory", {}, actor=SYSTEM)
    revoke_workstation(trusted, actor=SYSTEM, reason="Sold")
    task.refresh_from_db()
    assert task.state == "cancelled"
    assert "revoked" in task.message
