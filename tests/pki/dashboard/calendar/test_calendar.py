"""A calendar by secret address, made in the browser and read by a program that cannot sign in."""

import re
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from pki.models import CalendarFeed, Certificate, User
from tests.pki.conftest import Signed

ADDRESS = re.compile(r"https://[^<\s\"]+/calendar/[\w-]+\.ics")


class Program(Client):
    """Over HTTPS, without a session."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **{**kwargs, "secure": True})


@pytest.fixture
def address(as_viewer: Signed, issued: Certificate, settings: Any) -> str:
    """Its path; made by somebody who may only read."""
    as_viewer.confirm()
    made = as_viewer.post("/calendar/")
    assert "no-store" in made["Cache-Control"]
    [found] = set(ADDRESS.findall(made.content.decode()))
    assert found.startswith(settings.DASHBOARD_URL)
    return found.removeprefix(settings.DASHBOARD_URL)


def test_the_address_is_shown_once_and_works_without_signing_in(
    as_viewer: Client, address: str
) -> None:
    assert address not in as_viewer.get("/calendar/").content.decode()
    answer = Program().get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    titles = {str(each["summary"]) for each in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert "The certificate of cm1.example.com expires" in titles


def test_what_has_not_changed_is_not_sent_again(address: str) -> None:
    first = Program().get(address)
    again = Program().get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Certificate.objects.update(state="revoked")
    changed = Program().get(address, headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200


def test_a_new_address_ends_the_old_one(as_viewer: Client, address: str) -> None:
    as_viewer.post("/calendar/")
    assert Program().get(address).status_code == 404
    assert CalendarFeed.objects.count() == 1


def test_a_stranger_at_the_screen_takes_no_address_along(
    as_viewer: Signed, issued: Certificate
) -> None:
    assert as_viewer.get("/calendar/").status_code == 200
    assert as_viewer.post("/calendar/").url.startswith("/accounts/reauthenticate/?next=")
    assert not CalendarFeed.objects.exists()


def test_it_ends_when_the_person_is_closed(address: str) -> None:
    User.objects.filter(role="viewer").update(is_active=False)
    assert Program().get(address).status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 43, "..", "%00"])
def test_an_address_nobody_has_is_not_there(as_viewer: Client, issued: Any, token: str) -> None:
    assert Program().get(f"/calendar/{token}.ics").status_code == 404


def test_the_page_needs_a_sign_in(issued: Certificate, administrator: User) -> None:
    assert Program().get("/calendar/").url.startswith("/accounts/login/")
