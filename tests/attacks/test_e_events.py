"""The trail shows who was refused, who guessed, and how people signed in."""

import base64
import json
import time
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP as StoredTOTP
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.test import Client

from pki.actions.actor import SYSTEM, Actor
from pki.actions.name_policy import change_name_policy
from pki.actions.servers import add_server
from pki.actions.setup_code import new_setup_code
from pki.dashboard.accounts.sign_in_method import in_words
from pki.models import AuditEvent, Authority, Certificate, EnrollmentToken, Server, User
from tests.pki.conftest import PASSWORD, Signed

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN, SECOND = "/accounts/login/", "/accounts/two-step/authenticate/"


def event(name: str) -> AuditEvent:
    return AuditEvent.objects.get(event=name)


def sign_in(client: Client, password: str = PASSWORD, **given: Any) -> Any:
    return client.post(
        LOGIN, {"login": "administrator", "password": password}, secure=True, **given
    )


def test_a_refusal_by_role_names_the_page_and_the_person(server: Server, as_viewer: Signed) -> None:
    for _ in range(3):
        assert as_viewer.post(f"/servers/{server.pk}/issue/").status_code == 403
    assert as_viewer.get("/settings/users/").status_code == 403
    found = AuditEvent.objects.filter(event="access.refused").order_by("id")
    assert [(each.actor, each.detail["page"], each.detail["method"]) for each in found] == [
        ("viewer", "server-issue", "POST"),
        ("viewer", "settings-users", "GET"),
    ]


def test_a_refusal_by_an_action_is_written_as_well(
    authority: Authority, as_operator: Signed
) -> None:
    as_operator.confirm()
    given = {"name": "x", "days": "1", "uses": "1", "automatic": "on"}
    as_operator.post("/tokens/new/", given)
    assert not EnrollmentToken.objects.exists()
    assert event("access.refused").detail["code"] == "token.beyond_limit"


@pytest.mark.parametrize("spelled", ["ADMINISTRATOR", "Administrator"])
def test_a_wrong_password_is_written_under_the_name_it_was_tried_for(
    authority: Authority, administrator: User, client: Client, spelled: str
) -> None:
    """Names are compared without case at the sign-in, so also here."""
    client.post(LOGIN, {"login": spelled, "password": "wrong"}, secure=True)
    found = event("user.sign_in_failed")
    assert (found.actor, found.object_label) == ("administrator", "administrator")


def test_a_wrong_current_password_is_an_attempt_like_any_other(as_operator: Signed) -> None:
    new = f"{PASSWORD} of another kind"
    path, given = "/accounts/password/change/", {"password1": new, "password2": new}
    for number in range(4):
        as_operator.post(path, {"oldpassword": f"wrong {number}", **given})
    assert event("user.sign_in_failed").actor == "operator"
    # Together with those where a fresh sign-in is asked for.
    for number in range(2):
        as_operator.post("/accounts/reauthenticate/", {"password": f"wrong {number}"})
    assert AuditEvent.objects.filter(event="user.sign_in_limited").exists()
    as_operator.post(path, {"oldpassword": PASSWORD, **given})
    assert not AuditEvent.objects.filter(event="user.password_changed").exists()


def test_too_many_sign_ins_are_written(
    authority: Authority, administrator: User, client: Client
) -> None:
    for _ in range(12):
        sign_in(client, "wrong")
    assert event("user.sign_in_limited").address == "127.0.0.1"


def test_a_flood_of_sign_ins_is_written(
    authority: Authority, administrator: User, client: Client
) -> None:
    answers = {client.post(LOGIN, {"login": ""}, secure=True).status_code for _ in range(35)}
    assert 429 in answers
    assert event("user.sign_in_limited").detail["page"] == "account_login"


def test_a_wrong_set_up_code_is_written(db: None, client: Client) -> None:
    new_setup_code()
    given = {
        "code": "AAAA-BBBB-CCCC",
        "username": "me",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    answers = [client.post("/setup/administrator/", given, secure=True) for _ in range(22)]
    assert answers[-1].status_code == 429
    assert AuditEvent.objects.filter(event="setup.code_refused").count() == 1
    assert event("user.sign_in_limited").detail["page"] == "setup-administrator"
    assert "AAAA-BBBB" not in str(list(AuditEvent.objects.values()))


def test_a_wrong_second_step_is_written(
    authority: Authority, administrator: User, client: Client
) -> None:
    StoredTOTP.activate(administrator, SECRET)
    assert sign_in(client).url == SECOND
    client.post(SECOND, {"code": "000000"}, secure=True)
    found = event("user.second_step_failed")
    assert (found.actor, found.object_label) == ("administrator", "administrator")
    assert not AuditEvent.objects.filter(event="user.signed_in").exists()
    assert "000000" not in str(list(AuditEvent.objects.values()))


def test_too_many_second_steps_are_written(
    authority: Authority, administrator: User, client: Client
) -> None:
    StoredTOTP.activate(administrator, SECRET)
    sign_in(client)
    for _ in range(12):
        client.post(SECOND, {"code": "000000"}, secure=True)
    assert AuditEvent.objects.filter(event="user.sign_in_limited").exists()


def test_a_passkey_that_is_not_known_is_written(
    authority: Authority, administrator: User, client: Client
) -> None:
    client.get("/accounts/two-step/webauthn/login/", headers=AJAX, secure=True)
    client.post(
        "/accounts/two-step/webauthn/login/", {"credential": passkey(administrator)}, secure=True
    )
    assert event("user.second_step_failed").detail["kind"] == "passkey"


AJAX = {"X-Requested-With": "XMLHttpRequest"}


def passkey(user: User) -> str:
    """A well-formed answer of a key that nobody registered."""

    def text(content: bytes) -> str:
        return base64.urlsafe_b64encode(content).decode().rstrip("=")

    client_data = {"type": "webauthn.get", "challenge": text(b"x" * 32), "origin": "https://t"}
    return json.dumps(
        {
            "id": text(b"key"),
            "rawId": text(b"key"),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": text(json.dumps(client_data).encode()),
                "authenticatorData": text(b"\0" * 37),
                "signature": text(b"no"),
                "userHandle": text(user_pk_to_url_str(user).encode()),
            },
        }
    )


def test_a_sign_in_says_how_with_a_password(authority: Authority, administrator: User) -> None:
    Signed(administrator)
    assert event("user.signed_in").detail == {"method": "password"}


def test_a_sign_in_says_how_with_a_one_time_code(
    authority: Authority, administrator: User, client: Client
) -> None:
    StoredTOTP.activate(administrator, SECRET)
    sign_in(client)
    code = TOTP(base64.b32decode(SECRET), 6, SHA1(), 30).generate(int(time.time())).decode()
    assert client.post(SECOND, {"code": code}, secure=True).status_code == 302
    assert event("user.signed_in").detail == {"method": "password and one-time code"}


def test_a_sign_in_says_how_with_a_recovery_code(
    authority: Authority, administrator: User, client: Client
) -> None:
    StoredTOTP.activate(administrator, SECRET)
    code = RecoveryCodes.activate(administrator).get_unused_codes()[0]
    sign_in(client)
    assert client.post(SECOND, {"code": code}, secure=True).status_code == 302
    assert event("user.signed_in").detail == {"method": "password and recovery code"}


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([{"method": "mfa", "type": "webauthn", "passwordless": True}], "passkey"),
        (
            [{"method": "password"}, {"method": "mfa", "type": "webauthn"}],
            "password and security key",
        ),
        ([{"method": "password"}, {"method": "password"}], "password"),
        ([], ""),
    ],
)
def test_other_ways_to_sign_in_have_their_words(records: list[dict[str, Any]], said: str) -> None:
    assert in_words(records) == said


FORMS = {
    "a name of this host": ("/servers/add/", {"fqdn": "x.localhost"}, "host.own_name"),
    "outside the policy": ("/servers/add/", {"fqdn": "cm9.example.org"}, "name.outside_policy"),
    "another server's": ("/servers/add/", {"fqdn": "*.example.com"}, "name.taken"),
    "in an edit": (
        "/servers/{pk}/edit/",
        {"additional_names": "localhost", "comment": "", "owners": ""},
        "host.own_name",
    ),
    "this host's renewal": ("/servers/{host}/renewal/", {"days": "30"}, "host.administrators"),
    "by one click": ("/servers/{pk}/renew-alike/", {"expected": "{seen}"}, "name.outside_policy"),
    "this host's address": (
        "/servers/{host}/probe/target/",
        {"address": "cm1.example.com", "port": "3003"},
        "host.administrators",
    ),
}


@pytest.mark.parametrize("attempt", FORMS)
def test_a_refusal_that_a_form_or_the_next_page_shows_is_written(
    issued: Certificate, as_operator: Signed, attempt: str
) -> None:
    assert issued.server is not None
    host = add_server(settings.HOST, actor=SYSTEM)
    if attempt != "another server's":
        change_name_policy(["example.net"], actor=Actor(name="root", door="command"))
    page, form, code = FORMS[attempt]
    there = {"pk": issued.server.pk, "host": host.pk, "seen": issued.pk}
    given = {name: value.format(**there) for name, value in form.items()}
    for _ in range(3):
        answer = as_operator.post(page.format(**there), given)
        assert answer.status_code in {200, 302}
    found = event("access.refused")
    assert (found.actor, found.detail["code"]) == ("operator", code)
    assert found.detail["method"] == "POST"


def test_what_is_only_mistyped_is_no_refusal(server: Server, as_operator: Signed) -> None:
    for name in ("no name", "*.co.uk"):
        as_operator.post("/servers/add/", {"fqdn": name})
    as_operator.post("/servers/add/", {"fqdn": server.fqdn})
    assert not AuditEvent.objects.filter(event="access.refused").exists()
