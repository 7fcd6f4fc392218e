"""This installation and its people, for administrators only."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.name_policy import current_name_policy
from pki.actions.servers import add_server
from pki.models import Authority, Role, User
from tests.pki.conftest import PASSWORD, Signed


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _set_up(authority: Authority) -> None:
    pass


@pytest.mark.parametrize("path", ["", "users/", "users/add/"])
def test_others_are_told_why_not(as_operator: Client, path: str) -> None:
    answer = as_operator.get(f"/settings/{path}")
    assert answer.status_code == 403
    assert "This needs the role administrator" in text(answer)


def test_the_page_shows_values_and_no_secret(as_administrator: Client) -> None:
    page = text(as_administrator.get("/settings/"))
    assert "CERTIFLOW_HOST" in page
    assert "admin.example.test" in page
    assert "dGVzdHMgdXNl" not in page


def test_a_user_is_added_signs_in_and_is_closed(confirmed: Signed) -> None:
    confirmed.post(
        "/settings/users/add/",
        {"username": "bob", "role": "viewer", "password": PASSWORD, "password_again": PASSWORD},
    )
    bob = User.objects.get(username="bob")
    assert bob.role == Role.VIEWER
    browser = Signed(bob)
    assert browser.get("/servers/").status_code == 200
    confirmed.post(f"/settings/users/{bob.pk}/", {"role": "viewer"})
    assert browser.get("/servers/").url.startswith("/accounts/login/")


def test_a_new_password_ends_what_the_old_one_began(confirmed: Signed) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD)
    browser = Signed(bob)
    new = "entirely different 1"
    confirmed.post(f"/settings/users/{bob.pk}/password/", {"password": new, "password_again": new})
    assert browser.get("/servers/").url.startswith("/accounts/login/")


def test_the_name_policy_is_for_administrators_who_signed_in_a_moment_ago(
    as_operator: Signed, as_administrator: Signed
) -> None:
    assert as_operator.get("/settings/names/").status_code == 403
    assert as_operator.post("/settings/names/", {"permitted": ""}).status_code == 403
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        answer = as_administrator.post("/settings/names/", {"permitted": "example.com"})
    assert answer.url.startswith("/accounts/reauthenticate/")
    assert current_name_policy().is_open


def test_the_name_policy_is_set_and_shows_what_lies_outside(confirmed: Signed) -> None:
    server = add_server("cm1.example.org", actor=SYSTEM)
    page = text(confirmed.get("/settings/names/"))
    assert "Every name is permitted at the moment" in page
    assert "<code>example.test</code>" in page
    form = {"permitted": "example.com\n10.0.0.0/8"}
    assert confirmed.post("/settings/names/", form).status_code == 302
    assert current_name_policy().entries == ["example.com", "10.0.0.0/8"]
    page = text(confirmed.get("/settings/names/"))
    assert f'<a href="{server.get_absolute_url()}">cm1.example.org</a>' in page
    assert "Refused" in page
    assert "Outside the name policy: cm1.example.org" in text(confirmed.get("/"))
    confirmed.post("/settings/names/", {**form, "keep_existing": "on"})
    assert "permitted by administrator" in text(confirmed.get("/settings/names/"))
    assert "Outside the name policy" not in text(confirmed.get("/"))
    assert "within example.com, 10.0.0.0/8" in text(confirmed.get("/settings/"))


def test_an_open_name_policy_stands_on_the_overview(confirmed: Signed) -> None:
    assert "Certificates may be issued for every name" in text(confirmed.get("/"))
    answer = confirmed.post("/settings/names/", {"permitted": "co.uk"})
    assert "is a public suffix" in text(answer)
    confirmed.post("/settings/names/", {"permitted": "example.com"})
    assert "Certificates may be issued for every name" not in text(confirmed.get("/"))


def test_the_last_administrator_stays_one(confirmed: Signed) -> None:
    answer = confirmed.post(
        f"/settings/users/{confirmed.user.pk}/", {"role": "viewer", "is_active": "on"}
    )
    assert "is the only administrator" in text(answer)
    confirmed.user.refresh_from_db()
    assert confirmed.user.role == Role.ADMINISTRATOR
