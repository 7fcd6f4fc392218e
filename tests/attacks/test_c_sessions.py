"""Sessions: what the table is worth to a thief, and what ends one."""

import base64
import hashlib
import time

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from pki.actions.accounts import change_user, set_password
from pki.actions.actor import SYSTEM
from pki.models import Authority, Role, User
from tests.pki.conftest import PASSWORD, Signed, person

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def _set_up(authority: Authority, administrator: User) -> None:
    pass


def cookie_of(browser: Client) -> str:
    return browser.cookies[settings.SESSION_COOKIE_NAME].value


def is_signed_in(browser: Client) -> bool:
    return browser.get("/servers/", secure=True).status_code == 200


def test_who_reads_the_table_has_no_cookie(as_operator: Signed) -> None:
    assert is_signed_in(as_operator)
    stored = list(Session.objects.values_list("session_key", flat=True))
    assert cookie_of(as_operator) not in stored
    thief = Client()
    for key in stored:
        thief.cookies[settings.SESSION_COOKIE_NAME] = key
        assert not is_signed_in(thief)


def test_the_table_holds_a_hash_of_the_cookie(as_operator: Signed) -> None:
    digest = hashlib.sha256(cookie_of(as_operator).encode()).digest()
    assert Session.objects.filter(pk=base64.urlsafe_b64encode(digest[:30]).decode()).exists()


def test_signing_out_removes_the_session_from_the_table(as_operator: Signed) -> None:
    before = Session.objects.count()
    as_operator.post("/accounts/logout/")
    assert Session.objects.count() < before


def test_an_account_that_was_closed_and_opened_again_has_no_old_session(
    as_operator: Signed,
) -> None:
    change_user(as_operator.user, actor=SYSTEM, role=Role.OPERATOR, is_active=False)
    assert not is_signed_in(as_operator)
    change_user(as_operator.user, actor=SYSTEM, role=Role.OPERATOR, is_active=True)
    assert not is_signed_in(as_operator)


def test_no_request_in_between_is_needed(as_operator: Signed) -> None:
    for active in (False, True):
        change_user(as_operator.user, actor=SYSTEM, role=Role.OPERATOR, is_active=active)
    assert not is_signed_in(as_operator)


def test_another_role_is_signed_in_for_anew(as_operator: Signed) -> None:
    change_user(as_operator.user, actor=SYSTEM, role=Role.ADMINISTRATOR, is_active=True)
    assert not is_signed_in(as_operator)


def test_another_mail_address_ends_no_session(as_operator: Signed) -> None:
    change_user(
        as_operator.user, actor=SYSTEM, role=Role.OPERATOR, is_active=True, email="o@example.com"
    )
    assert is_signed_in(as_operator)


def test_a_new_password_ends_the_sessions_of_the_old_one(as_operator: Signed) -> None:
    set_password(as_operator.user, f"{PASSWORD} of another kind", actor=SYSTEM)
    assert not is_signed_in(as_operator)


def test_ones_own_new_password_ends_the_other_sessions_only(as_operator: Signed) -> None:
    elsewhere = Signed(as_operator.user)
    new = f"{PASSWORD} of another kind"
    as_operator.confirm()
    answer = as_operator.post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert answer.status_code == 302, answer.content.decode()
    assert is_signed_in(as_operator)
    assert not is_signed_in(elsewhere)


@pytest.mark.django_db(transaction=True)
def test_a_new_second_factor_ends_the_other_sessions_only(confirmed: Signed) -> None:
    elsewhere = Signed(confirmed.user)
    add_second_factor(confirmed)
    assert is_signed_in(confirmed)
    assert not is_signed_in(elsewhere)


@pytest.mark.django_db(transaction=True)
def test_a_removed_second_factor_ends_the_other_sessions_only(confirmed: Signed) -> None:
    add_second_factor(confirmed)
    elsewhere = Client()
    elsewhere.force_login(User.objects.get(pk=confirmed.user.pk))
    assert is_signed_in(elsewhere)
    answer = confirmed.post("/accounts/two-step/totp/deactivate/")
    assert answer.status_code == 302, answer.content.decode()
    assert is_signed_in(confirmed)
    assert not is_signed_in(elsewhere)


def add_second_factor(browser: Signed) -> str:
    """The secret of the authenticator app."""
    browser.get("/accounts/two-step/totp/activate/")
    secret = str(browser.session["mfa.totp.secret"])
    answer = browser.post("/accounts/two-step/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302, answer.content.decode()
    return secret


def code_of(secret: str) -> str:
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(time.time())).decode()


def test_somebody_elses_sessions_stay(as_operator: Signed) -> None:
    other = person("viewer")
    change_user(other, actor=SYSTEM, role=Role.VIEWER, is_active=False)
    assert is_signed_in(as_operator)
