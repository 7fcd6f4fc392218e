"""A decision about many: what it would do, what it did, and taking it back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from pki.actions import bulk_changes
from pki.actions.actor import SYSTEM, Actor
from pki.actions.bulk_changes import prepare, start, states, step, undo
from pki.actions.trust import approve, deny
from pki.errors import Conflict, InvalidInput
from pki.models import AgentTask, AuditEvent, BulkChange, TrustState, Workstation
from tests.pki.conftest import Agent

ANNA = Actor(name="anna", door="dashboard")


@pytest.fixture
def three(open_registration: None) -> list[Workstation]:
    return [Agent(f"pc-{number}").register().workstation for number in range(3)]


def keys(rows: list[Workstation]) -> list[int]:
    return [row.pk for row in rows]


def carried_out(change: BulkChange, **parameters: object) -> BulkChange:
    started = start(change, parameters, actor=ANNA)
    return step(started, actor=ANNA, seconds=60)


def states_of(rows: list[Workstation]) -> list[str]:
    return list(
        Workstation.objects.filter(pk__in=keys(rows)).order_by("pk").values_list("state", flat=True)
    )


def test_looking_changes_nothing(three: list[Workstation]) -> None:
    change = prepare("approve", keys(three), actor=ANNA)
    assert states(change) == {TrustState.PENDING: 3}
    assert step(change, actor=ANNA).position == 0
    assert states_of(three) == ["pending"] * 3


def test_all_are_approved_each_with_its_own_event(three: list[Workstation]) -> None:
    change = carried_out(prepare("approve", keys(three), actor=ANNA), reason="new branch")
    assert states_of(three) == ["approved"] * 3
    assert (len(change.changed), change.refused) == (3, 0)
    assert change.finished_at is not None
    events = AuditEvent.objects.filter(event="workstation.approved")
    assert {(event.actor, event.detail["reason"]) for event in events} == {("anna", "new branch")}
    assert events.count() == 3
    assert AuditEvent.objects.filter(event__startswith="bulk.").count() == 2


def test_who_cannot_change_is_told_and_the_others_do(three: list[Workstation]) -> None:
    deny(three[1], actor=SYSTEM)
    change = carried_out(prepare("deny", keys(three), actor=ANNA))
    assert states_of(three) == ["denied"] * 3
    assert (change.changed, change.refused) == ([three[0].pk, three[2].pk], 1)
    [sentence] = change.refusals
    assert three[1].name in sentence


def test_revoking_many_wants_a_reason(three: list[Workstation]) -> None:
    change = prepare("revoke", keys(three), actor=ANNA)
    with pytest.raises(InvalidInput) as refused:
        start(change, {"reason": " ", "revocation_reason": "unspecified"}, actor=ANNA)
    assert refused.value.field == "reason"
    change.refresh_from_db()
    assert change.started_at is None


def test_a_change_is_taken_up_where_it_was_left(
    three: list[Workstation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_changes, "KEEP_AFTER", 1)
    change = start(prepare("approve", keys(three), actor=ANNA), {}, actor=ANNA)
    bulk_changes.go_on(change, ANNA)
    assert states_of(three) == ["approved", "pending", "pending"]
    # Its process was killed: nobody else goes on until the lease is over.
    BulkChange.objects.update(leased_until=timezone.now() + timedelta(seconds=20))
    assert step(change, actor=SYSTEM).position == 1
    BulkChange.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert step(change, actor=SYSTEM, seconds=60).finished_at is not None
    assert states_of(three) == ["approved"] * 3


def test_it_is_started_once(three: list[Workstation]) -> None:
    change = prepare("approve", keys(three), actor=ANNA)
    start(change, {}, actor=ANNA)
    with pytest.raises(Conflict):
        start(change, {}, actor=SYSTEM)


def test_undo_takes_back_what_did_change_and_only_that(three: list[Workstation]) -> None:
    approve(three[0], actor=SYSTEM)
    denied = carried_out(prepare("deny", keys(three), actor=ANNA))
    back = undo(denied, actor=ANNA)
    assert (back.verb, back.workstations) == ("approve", keys(three[1:]))
    carried_out(back)
    assert states_of(three) == ["approved"] * 3


def test_tags_are_put_on_and_taken_off(three: list[Workstation]) -> None:
    tagged = carried_out(prepare("tag", keys(three), actor=ANNA), tag="Berlin")
    assert Workstation.objects.filter(tags__name="Berlin").count() == 3
    back = undo(tagged, actor=ANNA)
    carried_out(back, **back.parameters)
    assert Workstation.objects.filter(tags__name="Berlin").count() == 0


def test_only_trusted_ones_get_the_task(three: list[Workstation], trusted: Workstation) -> None:
    change = prepare("task", [*keys(three), trusted.pk], actor=ANNA)
    done = carried_out(change, kind="collect-log", parameters={"lines": 50})
    task = AgentTask.objects.get()
    assert (task.workstation, task.parameters, done.refused) == (trusted, {"lines": 50}, 3)
    with pytest.raises(Conflict):
        undo(done, actor=ANNA)


@pytest.mark.parametrize(("verb", "field"), [("approve", "selected"), ("dance", "verb")])
def test_nothing_to_do_is_said(authority: object, verb: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        prepare(verb, [] if verb == "approve" else [1], actor=ANNA)
    assert refused.value.field == field
