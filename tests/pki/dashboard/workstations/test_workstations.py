"""Finding workstations, deciding about them, and what each role may do."""

import pytest
from django.test import Client

from pki.actions.actor import SYSTEM
from pki.actions.agent_tasks import assign_task
from pki.actions.workstations import change_workstation
from pki.models import AgentTask, AuditEvent, Authority, Workstation
from tests.pki.conftest import Agent, Signed
from tests.pki.dashboard.overview.fleets import fleet


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


def test_a_pending_workstation_is_on_the_overview_and_is_approved_from_its_page(
    workstation: Workstation, as_operator: Signed
) -> None:
    overview = text(as_operator.get("/"))
    assert "pc-1.example.com waits for approval" in overview
    assert workstation.public_key_sha256[:16].upper() in overview
    page = text(as_operator.get(f"/workstations/{workstation.pk}/approve/"))
    assert "Compare the key's fingerprint" in page

    answer = as_operator.post(f"/workstations/{workstation.pk}/approve/", {"reason": "Known"})

    assert answer.status_code == 302
    workstation.refresh_from_db()
    assert workstation.state == "approved"
    event = AuditEvent.objects.get(event="workstation.approved")
    assert (event.actor, event.detail["reason"]) == ("operator", "Known")
    assert "Known" in text(as_operator.get(f"/workstations/{workstation.pk}/"))


def test_revoking_needs_a_reason_and_says_what_it_does(
    trusted: Workstation, as_operator: Signed
) -> None:
    as_operator.confirm()
    address = f"/workstations/{trusted.pk}/revoke/"
    assert "also on a connection that is open" in text(as_operator.get(address))
    refused = as_operator.post(address, {"revocation_reason": "keyCompromise"})
    assert "This field is required." in text(refused)
    as_operator.post(address, {"reason": "Stolen", "revocation_reason": "keyCompromise"})
    trusted.refresh_from_db()
    assert trusted.state == "revoked"
    assert trusted.certificates.get().revocation_reason == "keyCompromise"


def test_a_decision_that_came_too_late_is_refused_in_words(
    trusted: Workstation, as_operator: Signed
) -> None:
    page = text(as_operator.post(f"/workstations/{trusted.pk}/deny/", {}))
    assert "“deny” is for workstations that are pending" in page


@pytest.mark.parametrize("page", ["approve", "deny", "revoke", "edit", "task"])
def test_viewers_read_and_change_nothing(
    workstation: Workstation, as_viewer: Signed, page: str
) -> None:
    detail = text(as_viewer.get(f"/workstations/{workstation.pk}/"))
    assert workstation.agent_id in detail
    assert "/approve/" not in detail
    address = f"/workstations/{workstation.pk}/{page}/"
    assert as_viewer.post(address, {"reason": "x"}).status_code == 403
    workstation.refresh_from_db()
    assert workstation.state == "pending"


def test_nobody_reads_without_signing_in(workstation: Workstation, client: Client) -> None:
    for address in ("/workstations/", f"/workstations/{workstation.pk}/", "/tasks/", "/tokens/"):
        assert client.get(address, secure=True).status_code == 302


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=alpha.example.com", {"alpha"}),
        ("name=ALPHA*", {"alpha"}),
        ("name=*.example.com", {"alpha", "beta"}),
        ("name=*ph*", {"alpha"}),
        ("name=alpha", set()),
        ("state=trusted", set()),
        ("state=approved", {"alpha", "beta"}),
        ("os=Debian*", {"alpha", "beta"}),
        ("comment=in+the+hall", {"alpha"}),
        ("address=10.0.0.9", {"alpha", "beta"}),
        ("address=10.0.*", {"alpha", "beta"}),
        ("address=10.1.*", set()),
        ("expires=400", {"alpha", "beta"}),
        ("expires=5", set()),
        ("unseen=5", set()),
        ("certificate=first", {"alpha", "beta"}),
        ("certificate=valid&expires=400", {"alpha", "beta"}),
        ("certificate=renewed", set()),
        ("certificate=lately", set()),
        ("certificate=due", set()),
        ("certificate=expired", set()),
        ("certificate=none", set()),
    ],
)
def test_every_filter_finds_what_it_says(
    automatic_registration: None, as_viewer: Signed, query: str, found: set[str]
) -> None:
    alpha = Agent("alpha").register().workstation
    Agent("beta").register()
    change_workstation(alpha, name=alpha.name, comment="In the hall", tags=["hall"], actor=SYSTEM)
    page = text(as_viewer.get(f"/workstations/?{query}"))
    assert {name for name in ("alpha", "beta") if f"{name}.example.com</a>" in page} == found


def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    automatic_registration: None, as_viewer: Signed, django_assert_max_num_queries: object
) -> None:
    for number in range(15):
        Agent(f"pc-{number}").register()
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        as_viewer.get("/workstations/")


def test_a_taken_identifier_is_shown_with_the_other_machine(
    automatic_registration: None, as_viewer: Signed
) -> None:
    first, second = Agent("pc-1").register().workstation, Agent("pc-1").register().workstation
    page = text(as_viewer.get(f"/workstations/{second.pk}/"))
    assert "Another machine has this identifier" in page
    assert f'href="/workstations/{first.pk}/"' in page
    assert "Identifier taken" in text(as_viewer.get("/workstations/"))


def test_renaming_commenting_and_tagging(workstation: Workstation, as_operator: Signed) -> None:
    given = {"name": "Reception", "comment": "By the door", "tags": "hall, ground floor"}
    as_operator.post(f"/workstations/{workstation.pk}/edit/", given)
    page = text(as_operator.get(f"/workstations/{workstation.pk}/"))
    for words in ("Reception", "By the door", "hall", "ground floor"):
        assert words in page


def test_a_task_is_given_followed_and_cancelled(trusted: Workstation, as_operator: Signed) -> None:
    answer = as_operator.post(
        f"/workstations/{trusted.pk}/task/", {"kind": "collect-log", "lines": "5"}, follow=True
    )
    assert "Collect agent log" in text(answer)
    task = AgentTask.objects.get()
    assert task.parameters == {"lines": 5}
    assert "Waiting for the agent" in text(as_operator.get("/tasks/?state=idle"))
    assert "Cancelled" in text(as_operator.post(f"/tasks/{task.pk}/cancel/", follow=True))
    task.refresh_from_db()
    assert task.state == "cancelled"


def test_a_log_is_shown_as_text(trusted: Workstation, as_viewer: Signed) -> None:
    task = assign_task(trusted, "collect-log", {}, actor=SYSTEM)
    AgentTask.objects.filter(pk=task.pk).update(
        state="completed", result={"log": "<script>alert(1)</script>"}
    )
    assert "&lt;script&gt;alert(1)" in text(as_viewer.get(f"/tasks/{task.pk}/"))


@pytest.mark.parametrize(
    ("ages", "badge", "query"),
    [
        ({}, "First one", "first"),
        ({"renewed": 20}, "Renewed", "renewed"),
        ({"renewed": 300, "ends": 100}, "Due, not renewed", "due"),
        ({"ends": -1}, "Expired", "expired"),
    ],
)
def test_the_list_and_the_page_say_who_renewed_and_who_did_not(
    authority: Authority, as_viewer: Signed, ages: dict[str, float], badge: str, query: str
) -> None:
    [row] = fleet(authority, **ages)
    listed = text(as_viewer.get(f"/workstations/?certificate={query}"))
    assert f"</svg>{badge}</span>" in listed
    assert f"</svg>{badge}</span>" in text(as_viewer.get(f"/workstations/{row.pk}/"))
    others = {"first", "renewed", "due", "expired", "none"} - {query}
    for other in others:
        assert row.name not in text(as_viewer.get(f"/workstations/?certificate={other}"))
    export = as_viewer.get("/workstations/export/").getvalue().decode()
    assert f",{query}," in export
