"""Sessions: what the table is worth to a thief, and what ends one."""

import base64
import hashlib
import io
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client

from pki.actions.accounts import change_user, set_password
from pki.actions.actor import SYSTEM
from pki.actions.calendar_feeds import make_feed
from pki.actions.sign_in_policy import change_sign_in_policy, current_sign_in_policy
from pki.errors import Conflict, NotFound
from pki.models import AuditEvent, Authority, Role, Server, User
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


@pytest.mark.parametrize("already_closed", [False, True], ids=["now", "by an earlier release"])
def test_nor_does_its_calendar_address_come_back(
    as_operator: Signed, client: Client, already_closed: bool
) -> None:
    token = make_feed(as_operator.user, actor=SYSTEM)
    assert client.get(f"/calendar/{token}.ics", secure=True).status_code == 200
    User.objects.filter(pk=as_operator.user.pk).update(is_active=not already_closed)
    for active in (True,) if already_closed else (False, True):
        change_user(as_operator.user, actor=SYSTEM, role=Role.OPERATOR, is_active=active)
    assert client.get(f"/calendar/{token}.ics", secure=True).status_code == 404


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


MINUTE, HOUR = 60, 60 * 60


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False) as moved:
        yield moved


@pytest.fixture
def at_noon(clock: Any, administrator: User) -> Signed:
    """Nobody is in the first day any more, and nobody needs a second factor."""
    User.objects.update(date_joined=datetime(2027, 1, 1, tzinfo=UTC))
    policy(second_factor_roles=[])
    return Signed(administrator)


def policy(**chosen: Any) -> None:
    stored = current_sign_in_policy()
    values = {
        name: getattr(stored, name)
        for name in ("administrator_idle_minutes", "other_idle_minutes", "second_factor_roles")
    }
    change_sign_in_policy(**{**values, **chosen}, actor=SYSTEM)


def test_an_idle_administrator_is_signed_out(at_noon: Signed, clock: Any) -> None:
    clock.shift(29 * MINUTE)
    assert is_signed_in(at_noon)
    clock.shift(31 * MINUTE)
    answer = at_noon.get("/servers/?state=valid")
    assert answer.url.startswith(f"{LOGIN}?next=/servers/%3Fstate%3Dvalid")
    assert "30 minutes" in at_noon.get(answer.url).content.decode()
    # And not by that answer only.
    assert not is_signed_in(at_noon)


def test_the_cookie_of_an_idle_session_is_worth_nothing(at_noon: Signed, clock: Any) -> None:
    cookie = cookie_of(at_noon)
    clock.shift(31 * MINUTE)
    at_noon.get("/servers/")
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert not is_signed_in(thief)


def test_a_form_that_comes_too_late_does_nothing(at_noon: Signed, clock: Any) -> None:
    clock.shift(31 * MINUTE)
    answer = at_noon.post(
        "/servers/add/", {"fqdn": "late.example.com"},
        HTTP_REFERER="https://testserver/servers/add/",
    )  # fmt: skip
    assert answer.url == f"{LOGIN}?next=/servers/add/"
    assert not Server.objects.filter(fqdn="late.example.com").exists()


def test_a_page_that_refreshes_itself_is_no_activity(at_noon: Signed, clock: Any) -> None:
    for _ in range(40):
        clock.shift(MINUTE)
        answer = at_noon.get("/", HTTP_HX_REQUEST="true")
    assert answer.url.startswith(LOGIN)


def test_who_works_stays(at_noon: Signed, clock: Any) -> None:
    for _ in range(10):
        clock.shift(20 * MINUTE)
        assert is_signed_in(at_noon)


def test_but_no_longer_than_a_session_lives(at_noon: Signed, clock: Any) -> None:
    for _ in range(24):
        clock.shift(20 * MINUTE)
        assert is_signed_in(at_noon)
    clock.shift(MINUTE)
    assert not is_signed_in(at_noon)


def test_activity_is_written_once_a_minute(
    at_noon: Signed, clock: Any, django_assert_max_num_queries: Any
) -> None:
    clock.shift(2 * MINUTE)
    is_signed_in(at_noon)
    before = list(Session.objects.values_list("session_data", flat=True))
    clock.shift(30)
    is_signed_in(at_noon)
    assert list(Session.objects.values_list("session_data", flat=True)) == before


def test_others_are_idle_as_long_as_the_policy_says(at_noon: Signed, clock: Any) -> None:
    operator = Signed(person(Role.OPERATOR))
    clock.shift(2 * HOUR)
    assert is_signed_in(operator)
    policy(other_idle_minutes=60)
    clock.shift(61 * MINUTE)
    assert not is_signed_in(operator)


def test_a_policy_without_a_limit_ends_no_session(at_noon: Signed, clock: Any) -> None:
    policy(administrator_idle_minutes=0)
    clock.shift(7 * HOUR)
    assert is_signed_in(at_noon)


def test_after_the_first_day_an_administrator_needs_a_second_factor(
    administrator: User, clock: Any
) -> None:
    User.objects.update(date_joined=datetime(2027, 2, 28, 13, tzinfo=UTC))
    browser = Signed(administrator)
    page = browser.get("/").content.decode()
    assert "1 of 1 people who need a second factor has none" in page
    assert "2027-03-01 13:00 UTC" in page
    assert is_signed_in(browser)
    clock.shift(61 * MINUTE)
    browser = Signed(administrator)
    for path in ("/", "/servers/", "/settings/", "/settings/sign-in/", "/audit/"):
        assert browser.get(path).url == "/accounts/two-step/"
    assert browser.post("/servers/add/", {"fqdn": "x.example.com"}).url == "/accounts/two-step/"
    assert not Server.objects.filter(fqdn="x.example.com").exists()
    assert "second factor" in browser.get("/accounts/two-step/").content.decode()


@pytest.mark.parametrize("prefix", ["/accounts", "/theme", "/static"])
def test_no_prefix_before_the_address_replaces_the_second_factor(
    administrator: User, clock: Any, prefix: str
) -> None:
    """A server takes the prefix from a header where it trusts the sender."""
    User.objects.update(date_joined=datetime(2027, 1, 1, tzinfo=UTC))
    browser = Signed(administrator)
    for path in ("/settings/users/", "/audit/", "/calendar/"):
        answer = browser.get(path, SCRIPT_NAME=prefix)
        assert answer.wsgi_request.path == f"{prefix}{path}"
        assert (answer.status_code, answer.get("Location", "")[-19:]) == (
            302, "/accounts/two-step/",
        ), path  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_nobody_is_locked_out_by_that(administrator: User, clock: Any) -> None:
    User.objects.update(date_joined=datetime(2027, 1, 1, tzinfo=UTC))
    browser = Signed(administrator)
    assert browser.get("/").url == "/accounts/two-step/"
    browser.confirm()
    add_second_factor(browser)
    assert is_signed_in(browser)
    assert "people who need a second factor" not in browser.get("/").content.decode()


def test_a_passkey_is_a_second_factor_and_recovery_codes_are_none(
    administrator: User, clock: Any
) -> None:
    User.objects.update(date_joined=datetime(2027, 1, 1, tzinfo=UTC))
    browser = Client()
    browser.force_login(administrator)
    Authenticator.objects.create(
        user=administrator, type=Authenticator.Type.RECOVERY_CODES, data={}
    )
    assert not is_signed_in(browser)
    Authenticator.objects.create(user=administrator, type=Authenticator.Type.WEBAUTHN, data={})
    assert is_signed_in(browser)


def test_other_roles_need_one_when_the_policy_says_so(at_noon: Signed) -> None:
    operator, viewer = Signed(person(Role.OPERATOR)), Signed(person(Role.VIEWER))
    assert is_signed_in(operator)
    policy(second_factor_roles=["operator"])
    assert not is_signed_in(operator)
    assert is_signed_in(viewer)
    assert is_signed_in(at_noon)


def test_the_policy_is_changed_by_administrators_with_a_fresh_sign_in(at_noon: Signed) -> None:
    form = {
        "administrator_idle_minutes": "15", "other_idle_minutes": "0",
        "second_factor_roles": ["operator", "viewer"],
    }  # fmt: skip
    assert "/accounts/reauthenticate/" in at_noon.post("/settings/sign-in/", form).url
    at_noon.confirm()
    assert at_noon.post("/settings/sign-in/", form).url == "/settings/"
    stored = current_sign_in_policy()
    assert (stored.administrator_idle_minutes, stored.second_factor_roles) == (
        15, ["viewer", "operator"],
    )  # fmt: skip
    event = AuditEvent.objects.get(event="sign_in.policy_changed", actor="administrator")
    assert event.detail["second_factor_roles"] == ["viewer", "operator"]
    operator = Signed(person(Role.OPERATOR))
    operator.post("/accounts/two-step/")
    assert operator.get("/settings/sign-in/").status_code in {302, 403}


@pytest.mark.parametrize("minutes", ["-1", "4", "481", "x", "99999999999"])
def test_limits_that_make_no_sense_are_refused(at_noon: Signed, minutes: str) -> None:
    at_noon.confirm()
    form = {"administrator_idle_minutes": minutes, "other_idle_minutes": "0"}
    assert at_noon.post("/settings/sign-in/", form).status_code == 200
    assert current_sign_in_policy().administrator_idle_minutes == 30


def test_a_lost_second_factor_is_taken_away_by_another_administrator(at_noon: Signed) -> None:
    other = User.objects.create_user("olga", password=PASSWORD, role=Role.ADMINISTRATOR)
    Authenticator.objects.create(user=other, type=Authenticator.Type.TOTP, data={"secret": "x"})
    browser = Client()
    browser.force_login(other)
    at_noon.confirm()
    assert (
        "Take it away" in at_noon.get(f"/settings/users/{other.pk}/second-factor/").content.decode()
    )
    at_noon.post(f"/settings/users/{other.pk}/second-factor/")
    assert not Authenticator.objects.filter(user=other).exists()
    assert not is_signed_in(browser)
    assert AuditEvent.objects.get(event="user.two_step_changed").detail["change"] == "reset"


def test_and_from_a_shell(administrator: User) -> None:
    Authenticator.objects.create(
        user=administrator, type=Authenticator.Type.TOTP, data={"secret": "x"}
    )
    call_command("reset-second-factor", "administrator", stdout=io.StringIO())
    assert not Authenticator.objects.exists()
    with pytest.raises(Conflict, match="no second factor"):
        call_command("reset-second-factor", "administrator")
    with pytest.raises(NotFound, match="no user"):
        call_command("reset-second-factor", "nobody")


def test_the_policy_from_a_shell(administrator: User) -> None:
    out = io.StringIO()
    call_command("sign-in", "--administrator-idle", "10", "--second-factor", "nobody", stdout=out)
    assert "after 10 minutes" in out.getvalue()
    assert "needed by nobody" in out.getvalue()
    stored = current_sign_in_policy()
    assert (stored.administrator_idle_minutes, stored.second_factor_roles) == (10, [])
    out = io.StringIO()
    call_command("sign-in", "--second-factor", "administrator", "--json", stdout=out)
    assert json.loads(out.getvalue())["without_second_factor"] == ["administrator"]
