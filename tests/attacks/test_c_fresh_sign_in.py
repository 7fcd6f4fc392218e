"""An administrator's screen that was left unlocked changes nothing of consequence."""

from collections.abc import Callable

import pytest

from pki.actions.recipients import default_group
from pki.actions.registration_policy import current_policy
from pki.models import (
    Authority,
    Certificate,
    Channel,
    EnrollmentToken,
    RecipientGroup,
    ReminderPolicy,
    Rollover,
    User,
    Workstation,
)
from tests.pki.conftest import Signed

AUTOMATIC = {"name": "Branch", "days": "7", "uses": "2", "automatic": "on", "name_pattern": ""}
ASKS = "/accounts/reauthenticate/"


def registration_changed(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    return "/tokens/registration/", {"policy": "open"}, lambda: not current_policy().automatic


def automatic_token(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    return "/tokens/new/", AUTOMATIC, EnrollmentToken.objects.exists


def root_replaced(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    given = {"common_name": "Mine", "key": "ec-p256", "days": "3650"}
    return "/authorities/rollover/start/", given, Rollover.objects.exists


def second_root(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    given = {"common_name": "Mine", "key": "ec-p256"}
    return "/setup/root/new/", given, lambda: Authority.objects.count() > 1


def server_revoked(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    row = Certificate.objects.get(server__isnull=False)
    return (
        f"/certificates/{row.serial_number}/revoke/",
        {"reason": "keyCompromise"},
        lambda: Certificate.objects.get(pk=row.pk).state == "revoked",
    )


def workstation_revoked(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    row = Workstation.objects.get()
    given = {"reason": "Because", "revocation_reason": "cessationOfOperation"}
    return (
        f"/workstations/{row.pk}/revoke/",
        given,
        lambda: Workstation.objects.get().state == "revoked",
    )


def many_revoked(browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    row = Workstation.objects.get()
    page = browser.post("/workstations/bulk/", {"verb": "revoke", "selected": str(row.pk)}).url
    given = {"reason": "Because", "revocation_reason": "cessationOfOperation"}

    def done() -> bool:
        browser.post(f"{page}step/")
        return Workstation.objects.get().state == "revoked"

    return page, given, done


def webhook_added(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    return (
        f"/settings/recipients/{default_group().pk}/webhook/",
        {"name": "Mine", "address": "https://example.org/hook"},
        Channel.objects.exists,
    )


def recipients_added(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    default_group()
    given = {"name": "Mine", "addresses": "me@example.org"}
    return (
        "/settings/recipients/add/",
        given,
        lambda: RecipientGroup.objects.filter(name="Mine").exists(),
    )


def reminders_silenced(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    return (
        "/settings/reminders/server/",
        {"days": "1", "escalate_after_days": "0"},
        ReminderPolicy.objects.exists,
    )


def user_added(_browser: Signed) -> tuple[str, dict[str, str], Callable[[], bool]]:
    given = {"username": "mine", "password": "long enough for all", "role": "administrator"}
    return (
        "/settings/users/add/",
        given,
        lambda: User.objects.filter(username="mine").exists(),
    )


CHANGES = [
    registration_changed,
    automatic_token,
    root_replaced,
    second_root,
    server_revoked,
    workstation_revoked,
    many_revoked,
    webhook_added,
    recipients_added,
    reminders_silenced,
    user_added,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_an_unlocked_screen_does_not(
    change: Callable[[Signed], tuple[str, dict[str, str], Callable[[], bool]]],
    trusted: Workstation,
    issued: Certificate,
    as_administrator: Signed,
) -> None:
    path, given, done = change(as_administrator)
    answer = as_administrator.post(path, given, headers={"Referer": f"https://testserver{path}"})
    assert not done()
    assert answer.status_code == 302
    assert answer.url.startswith(ASKS)
    assert f"next={path.replace('/', '%2F')}" in answer.url
    said = as_administrator.get(answer.url).content.decode()
    assert "Nothing was done yet" in said


def test_after_the_password_was_entered_again_it_is_done(
    authority: Authority, confirmed: Signed
) -> None:
    assert confirmed.post("/tokens/registration/", {"policy": "open"}).url == "/tokens/"
    assert current_policy().open
    assert confirmed.post("/tokens/new/", AUTOMATIC).status_code == 200
    assert EnrollmentToken.objects.get().automatic


def test_the_page_with_the_form_asks_before_anything_is_typed(
    authority: Authority, as_administrator: Signed
) -> None:
    answer = as_administrator.get("/settings/users/add/")
    assert answer.url == f"{ASKS}?next=%2Fsettings%2Fusers%2Fadd%2F"
    back = as_administrator.post(answer.url, {"password": "correct horse battery"})
    assert back.url == "/settings/users/add/"
    assert as_administrator.get(back.url).status_code == 200


def test_operators_are_asked_before_they_type_why_they_revoke(
    trusted: Workstation, as_operator: Signed
) -> None:
    path = f"/workstations/{trusted.pk}/revoke/"
    assert as_operator.get(path).url.startswith(ASKS)
    chosen = {"verb": "revoke", "selected": str(trusted.pk)}
    page = as_operator.post("/workstations/bulk/", chosen).url
    assert as_operator.get(page).url.startswith(ASKS)
    as_operator.confirm()
    given = {"reason": "Because", "revocation_reason": "cessationOfOperation"}
    assert as_operator.post(page, given).url == page
    as_operator.session_is_old()
    assert as_operator.get(page).status_code == 200
    as_operator.post(f"{page}step/")
    assert Workstation.objects.get().state == "revoked"


def test_daily_work_does_not_ask(
    workstation: Workstation, issued: Certificate, as_operator: Signed
) -> None:
    as_operator.post(f"/workstations/{workstation.pk}/approve/")
    assert Workstation.objects.get().state == "approved"
    as_operator.post(f"/servers/{issued.server_id}/renew-alike/", {"expected": str(issued.pk)})
    assert Certificate.objects.filter(server=issued.server_id).count() == 2
    assert as_operator.post("/tokens/new/", {**AUTOMATIC, "automatic": ""}).status_code == 200


def test_operators_revoke_no_server(issued: Certificate, as_operator: Signed) -> None:
    path = f"/certificates/{issued.serial_number}/revoke/"
    as_operator.confirm()
    assert as_operator.post(path, {"reason": "superseded"}).status_code == 403
    issued.refresh_from_db()
    assert issued.state == "issued"


@pytest.mark.parametrize("limits", [(0, 0), (5, 0), (0, 5), (1, 7), (2, 6)])
def test_operators_make_no_automatic_tokens_beyond_the_limit(
    limits: tuple[int, int], authority: Authority, confirmed: Signed, as_operator: Signed
) -> None:
    uses, days = limits
    confirmed.post(
        "/tokens/registration/",
        {"policy": "token-only", "operator_uses": str(uses), "operator_days": str(days)},
    )
    as_operator.confirm()
    page = as_operator.post("/tokens/new/", AUTOMATIC).content.decode()
    assert not EnrollmentToken.objects.exists()
    assert "administrator" in page


def test_operators_make_automatic_tokens_within_the_limit(
    authority: Authority, confirmed: Signed, as_operator: Signed
) -> None:
    confirmed.post(
        "/tokens/registration/",
        {"policy": "token-only", "operator_uses": "2", "operator_days": "7"},
    )
    as_operator.confirm()
    as_operator.post("/tokens/new/", AUTOMATIC)
    assert EnrollmentToken.objects.get().automatic


@pytest.mark.parametrize("given", [{"uses": "1000000"}, {"days": "366"}])
def test_nobody_makes_an_automatic_token_without_bounds(
    given: dict[str, str], authority: Authority, confirmed: Signed
) -> None:
    confirmed.post("/tokens/new/", {**AUTOMATIC, **given})
    assert not EnrollmentToken.objects.exists()
