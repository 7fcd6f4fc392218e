"""This installation and its people, for administrators only."""

import pytest
from django.test import Client

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


def test_the_last_administrator_stays_one(confirmed: Signed) -> None:
    answer = confirmed.post(
        f"/settings/users/{confirmed.user.pk}/", {"role": "viewer", "is_active": "on"}
    )
    assert "is the only administrator" in text(answer)
    confirmed.user.refresh_from_db()
    assert confirmed.user.role == Role.ADMINISTRATOR
