"""Signing in: written down, limited, and with a second step for those who want it."""

import base64
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.test import Client

from pki.models import AuditEvent, Authority, User
from tests.pki.conftest import PASSWORD, Signed

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _set_up(authority: Authority, administrator: User) -> None:
    pass


def sign_in(client: Client, name: str, password: str) -> object:
    return client.post(LOGIN, {"login": name, "password": password}, secure=True)


def events() -> list[tuple[str, str]]:
    return [
        (event.event, event.actor)
        for event in AuditEvent.objects.filter(event__startswith="user.").order_by("id")
    ]


def test_signing_in_and_out_is_written_down(administrator: User) -> None:
    Signed(administrator).post("/accounts/logout/")
    assert events() == [
        ("user.signed_in", "administrator"),
        ("user.signed_out", "administrator"),
    ]


def test_a_failed_sign_in_is_written_down_without_what_was_typed(client: Client) -> None:
    sign_in(client, "administrator", "not it at all")
    sign_in(client, "my secret typed in the wrong box", "x")
    assert events() == [
        ("user.sign_in_failed", "administrator"),
        ("user.sign_in_failed", "unknown"),
    ]
    written = str(list(AuditEvent.objects.values()))
    assert "not it at all" not in written
    assert "my secret" not in written


def test_guessing_passwords_is_stopped(client: Client) -> None:
    for _ in range(6):
        answer = sign_in(client, "administrator", "wrong")
    assert b"Too many" in answer.content  # type: ignore[attr-defined]
    answer = sign_in(client, "administrator", PASSWORD)
    assert answer.status_code != 302  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/", "/servers/", "/audit/", "/settings/", "/search/?q=x"])
def test_nobody_reads_a_page_without_signing_in(client: Client, path: str) -> None:
    assert client.get(path, secure=True).url.startswith(LOGIN)


@pytest.mark.parametrize("path", ["signup/", "password/reset/", "email/"])
def test_there_is_no_public_way_to_an_account(client: Client, path: str) -> None:
    assert client.get(f"/accounts/{path}", secure=True).status_code == 404


def test_a_second_step_is_set_up_and_asked_for(
    confirmed: Signed, client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    page = confirmed.get("/accounts/two-step/totp/activate/")
    secret = confirmed.session["mfa.totp.secret"]
    assert secret in page.content.decode()
    code = TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(time.time())).decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = confirmed.post("/accounts/two-step/totp/activate/", {"code": code})
    assert answer.status_code == 302
    assert ("user.two_step_changed", "administrator") in events()
    answer = sign_in(client, "administrator", PASSWORD)
    assert answer.url == "/accounts/two-step/authenticate/"  # type: ignore[attr-defined]
    assert client.get("/servers/", secure=True).url.startswith(LOGIN)
