"""Deciding about many workstations from the list."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pki.models import BulkChange, SavedView, Workstation
from tests.pki.conftest import Agent, Signed

BULK = "/workstations/bulk/"


@pytest.fixture
def thirty(open_registration: None) -> list[Workstation]:
    """More than a page of them."""
    return [Agent(f"pc-{number:02}").register().workstation for number in range(30)]


def selected(client: Client, rows: list[Workstation], verb: str, **more: str) -> str:
    """The address of the preview."""
    data = {"selected": [str(row.pk) for row in rows], "verb": verb, **more}
    answer = client.post(BULK, data)
    assert answer.status_code == 302
    return str(answer.url)


def carried_out(client: Client, address: str, **given: str) -> str:
    """What the page says at the end."""
    answer = client.post(address, given)
    assert answer.status_code == 302, answer.content.decode()
    for _ in range(50):
        client.post(f"{address}step/")
        page = client.get(address).content.decode()
        if "Back to the list" in page:
            return page
    raise AssertionError(page)


def test_the_preview_says_what_would_change_and_changes_nothing(
    as_operator: Signed, thirty: list[Workstation]
) -> None:
    address = selected(as_operator, thirty[:3], "approve")
    page = as_operator.get(address).content.decode()
    assert "Approve 3 workstations?" in page
    assert "Nothing was changed yet. 3 of them will change." in page
    assert Workstation.objects.filter(state="pending").count() == 30


def test_all_that_match_are_more_than_the_page_shows(
    as_operator: Signed, thirty: list[Workstation]
) -> None:
    page = as_operator.get("/workstations/?name=pc-*").content.decode()
    assert "All 30 that match" in page
    address = selected(as_operator, [], "approve", every="1", query="name=pc-2*")
    said = carried_out(as_operator, address, reason="")
    assert "10 of 10 done: 10 changed, 0 not." in said
    assert Workstation.objects.filter(state="approved", name__startswith="pc-2").count() == 10


def test_undo_goes_to_the_preview_of_the_opposite(
    as_operator: Signed, thirty: list[Workstation]
) -> None:
    address = selected(as_operator, thirty[:2], "deny")
    assert "Undo: approve those 2" in carried_out(as_operator, address, reason="")
    back = as_operator.post(f"{address}undo/").url
    assert "Approve 2 workstations?" in as_operator.get(back).content.decode()
    carried_out(as_operator, back, reason="")
    assert Workstation.objects.filter(state="approved").count() == 2
    assert "Taken back by" in as_operator.get(address).content.decode()


def test_revoking_many_without_a_reason_is_asked_again(
    as_operator: Signed, trusted: Workstation
) -> None:
    as_operator.confirm()
    address = selected(as_operator, [trusted], "revoke")
    answer = as_operator.post(address, {"reason": "", "revocation_reason": "superseded"})
    assert answer.status_code == 200
    trusted.refresh_from_db()
    assert trusted.state == "trusted"
    said = carried_out(as_operator, address, reason="Sold", revocation_reason="superseded")
    assert "1 changed, 0 not." in said


def test_a_task_goes_to_all_trusted_of_a_view(as_operator: Signed, trusted: Workstation) -> None:
    address = selected(as_operator, [], "task", every="1", query="state=trusted")
    carried_out(as_operator, address, kind="collect-log", lines="10")
    assert trusted.tasks.get().parameters == {"lines": 10}


def test_a_wrong_parameter_is_refused_on_the_preview(
    as_operator: Signed, trusted: Workstation
) -> None:
    address = selected(as_operator, [trusted], "task")
    answer = as_operator.post(address, {"kind": "collect-log", "lines": "999999"})
    assert "from 1 to 5,000" in answer.content.decode()
    assert BulkChange.objects.get().started_at is None


def test_nothing_selected_is_said_in_words(as_operator: Signed, trusted: Workstation) -> None:
    answer = as_operator.post(BULK, {"verb": "approve", "query": "state=pending"}, follow=True)
    assert "Select the workstations first" in answer.content.decode()
    assert answer.request["QUERY_STRING"] == "state=pending"


def test_unusable_filters_do_not_select_everything(
    as_operator: Signed, trusted: Workstation
) -> None:
    answer = as_operator.post(
        BULK, {"verb": "revoke", "every": "1", "query": "state=lost"}, follow=True
    )
    assert "cannot be used" in answer.content.decode()
    assert not BulkChange.objects.exists()


def test_viewers_neither_select_nor_change(as_viewer: Signed, trusted: Workstation) -> None:
    page = as_viewer.get("/workstations/").content.decode()
    assert 'name="selected"' not in page
    assert "Approve…" not in page
    assert as_viewer.post(BULK, {"selected": [trusted.pk], "verb": "deny"}).status_code == 403


def test_views_are_saved_shown_and_deleted(as_operator: Signed, trusted: Workstation) -> None:
    page = as_operator.get("/workstations/?state=trusted&page=1").content.decode()
    assert "Save these filters as a view" in page
    assert (
        as_operator.post("/workstations/views/", {"name": "In use", "query": "state=trusted"}).url
        == "/workstations/?state=trusted"
    )
    page = as_operator.get("/workstations/?state=trusted").content.decode()
    assert "Delete the view “In use”" in page
    as_operator.post(f"/workstations/views/{SavedView.objects.get().pk}/delete/")
    assert not SavedView.objects.exists()


def test_two_views_of_one_name_are_refused(as_operator: Signed, trusted: Workstation) -> None:
    for query in ("state=trusted", "state=denied"):
        answer = as_operator.post(
            "/workstations/views/", {"name": "Mine", "query": query}, follow=True
        )
    assert "Choose another name" in answer.content.decode()


def test_the_export_holds_what_the_filters_match(
    as_viewer: Signed, thirty: list[Workstation]
) -> None:
    Workstation.objects.filter(pk=thirty[0].pk).update(comment="=cmd|' /C calc'!A0")
    answer = as_viewer.get("/workstations/export/?name=pc-0*")
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"][:4] for row in rows] == ["pc-0"] * 10
    # What an agent or a colleague wrote does not run in a spreadsheet.
    assert rows[0]["comment"] == "'=cmd|' /C calc'!A0"


def test_the_overview_tells_of_a_change_that_was_left(
    as_operator: Signed, trusted: Workstation
) -> None:
    address = selected(as_operator, [trusted], "task")
    as_operator.post(address, {"kind": "report-inventory"})
    assert "was left unfinished" not in as_operator.get("/").content.decode()
    BulkChange.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    page = as_operator.get("/").content.decode()
    assert "was left unfinished" in page
    assert address in page
