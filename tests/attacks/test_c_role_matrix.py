"""Every address, every method, every role; a view that no rule speaks of fails here."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from certiflow_admin.settings import ROOT_URLCONF
from pki.actions import bulk_changes
from pki.actions.actor import SYSTEM
from pki.actions.agent_tasks import assign_task
from pki.actions.channels import add_webhook
from pki.actions.enrollment_tokens import make_token
from pki.actions.recipients import default_group
from pki.dashboard.access_rules import ANYONE, RULES, Fresh, Rule
from pki.models import (
    Certificate,
    Delivery,
    Reminder,
    ReminderKind,
    Role,
    SavedView,
    User,
    Workstation,
)
from tests.attacks.addresses import METHODS, filled, patterns
from tests.pki.conftest import Signed, person

NAMES = {pattern.name: route for route, pattern in patterns(ROOT_URLCONF)}
READING = {"GET", "HEAD"}
#: Chosen so that a rule that depends on them asks for a fresh sign-in.
GIVEN = {"automatic": "on"}
#: Views that answer a method or a person they let in with a refusal of their own.
OWN_ANSWER = {
    "certificate-download": {405},  # a private key is posted for, a public part is not
    "mfa_reauthenticate": {302},  # without a second step: to the password
    "mfa_reauthenticate_webauthn": {302},
}

#: The arguments of addresses that have some.
OBJECTS: dict[str, Callable[[], dict[str, object]]] = {}


def objects_for(*names: str) -> Callable[[Callable[[], dict[str, object]]], None]:
    def keep(make: Callable[[], dict[str, object]]) -> None:
        OBJECTS.update(dict.fromkeys(names, make))

    return keep


def server_certificate() -> Certificate:
    return Certificate.objects.get(server__isnull=False)


@objects_for("authority-detail", "authority-export", "authority-certificate", "revocation-list")
def _() -> dict[str, object]:
    return {"pk": server_certificate().authority_id}


@objects_for(
    *(name for name in NAMES if name and name.startswith("server-") and "<" in NAMES[name])
)
def _() -> dict[str, object]:
    return {"pk": server_certificate().server_id}


@objects_for(
    "certificate-detail", "certificate-compare", "certificate-revoke", "certificate-private-key"
)
def _() -> dict[str, object]:
    return {"serial": server_certificate().serial_number}


@objects_for("certificate-download")
def _() -> dict[str, object]:
    return {"serial": server_certificate().serial_number, "form": "pfx"}


@objects_for(
    "workstation-detail",
    "workstation-edit",
    "workstation-task",
    "workstation-renew",
    "workstation-dismiss",
)
def _() -> dict[str, object]:
    return {"pk": Workstation.objects.get().pk}


@objects_for("workstation-decide")
def _() -> dict[str, object]:
    return {"pk": Workstation.objects.get().pk, "verb": "revoke"}


@objects_for("bulk-change", "bulk-step", "bulk-undo")
def _() -> dict[str, object]:
    rows = [Workstation.objects.get().pk]
    return {"pk": bulk_changes.prepare("revoke", rows, actor=SYSTEM).pk}


@objects_for("view-delete")
def _() -> dict[str, object]:
    row = SavedView.objects.create(name="All", query="", created_by="somebody")
    return {"pk": row.pk}


@objects_for("task-detail", "task-cancel")
def _() -> dict[str, object]:
    task = assign_task(Workstation.objects.get(), "report-inventory", {}, actor=SYSTEM)
    return {"pk": task.pk}


@objects_for("token-withdraw")
def _() -> dict[str, object]:
    return {"pk": make_token("Branch", actor=SYSTEM)[0].pk}


@objects_for(
    *("reminder-detail", "reminder-acknowledge", "reminder-snooze", "reminder-take-back"),
)
def _() -> dict[str, object]:
    row = Reminder.objects.create(kind=ReminderKind.BACKUP, key="backup", label="b", url="/")
    return {"pk": row.pk}


@objects_for("job-detail", "job-run")
def _() -> dict[str, object]:
    return {"name": "tidying"}


@objects_for("calendar-feed")
def _() -> dict[str, object]:
    return {"token": "unknown"}


@objects_for(
    *(name for name in NAMES if name and name.startswith(("recipients-", "webhook-", "chat-")))
)
def _() -> dict[str, object]:
    return {"pk": default_group().pk}


@objects_for("channel-test", "channel-pause", "channel-key", "channel-remove")
def _() -> dict[str, object]:
    # Nothing listens there, so that a test of it ends at once.
    channel, _key = add_webhook(default_group(), "Mine", "https://localhost:1/", actor=SYSTEM)
    return {"pk": channel.pk}


@objects_for("delivery-detail", "delivery-again")
def _() -> dict[str, object]:
    row = Delivery.objects.create(key="one", sort="test", label="me", state="failed")
    return {"pk": row.pk}


@objects_for("settings-reminder")
def _() -> dict[str, object]:
    return {"kind": "server"}


@objects_for("settings-user", "settings-user-password", "settings-user-second-factor")
def _() -> dict[str, object]:
    return {"pk": User.objects.get(role=Role.VIEWER).pk}


@objects_for("rollover-waves")
def _() -> dict[str, object]:
    return {"verb": "pause"}


@objects_for("rollover-decide")
def _() -> dict[str, object]:
    return {"verb": "begin"}


@objects_for("mfa_remove_webauthn", "mfa_edit_webauthn")
def _() -> dict[str, object]:
    return {"pk": 1}


@objects_for("ocsp-get")
def _() -> dict[str, object]:
    return {"encoded": "MAA="}


class Visitor:
    """Somebody at a browser, whose requests change nothing for the next one."""

    def __init__(self, client: Client, role: Role | None, *, is_fresh: bool = False) -> None:
        self.client, self.role, self.is_fresh = client, role, is_fresh
        client.raise_request_exception = False

    def send(self, method: str, path: str) -> HttpResponse:
        cookies = self.client.cookies.copy()
        # Attempts are limited by others' tests.
        cache.clear()
        with transaction.atomic():
            given = GIVEN if method == "POST" else None
            answer: HttpResponse = getattr(self.client, method.lower())(path, given, secure=True)
            transaction.set_rollback(True)
        self.client.cookies = cookies
        return answer

    def has(self, role: Role) -> bool:
        order = [Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR]
        return self.role is not None and order.index(self.role) >= order.index(role)


@pytest.fixture
def visitors(issued: Certificate, trusted: Workstation) -> dict[str, Visitor]:
    people = {role: person(role) for role in Role}
    fresh = Signed(people[Role.ADMINISTRATOR])
    fresh.confirm()
    return {
        "anonymous": Visitor(Client(), None),
        "viewer": Visitor(Signed(people[Role.VIEWER]), Role.VIEWER),
        "operator": Visitor(Signed(people[Role.OPERATOR]), Role.OPERATOR),
        "administrator": Visitor(Signed(people[Role.ADMINISTRATOR]), Role.ADMINISTRATOR),
        "administrator, fresh": Visitor(fresh, Role.ADMINISTRATOR, is_fresh=True),
    }


def expected(rule: Rule, method: str, visitor: Visitor) -> str:
    """What the rule says, worked out another way than by the middleware."""
    who = rule.read if method in READING else rule.change if method == "POST" else None
    if ANYONE in {rule.read, rule.change} and who in {ANYONE, None}:
        return "open"
    if visitor.role is None:
        return "sign in"
    if who is None:
        return "no such method"
    if not visitor.has(Role(who)):
        return "refused"
    asks = {
        Fresh.ALWAYS: True,
        Fresh.TO_CHANGE: method == "POST",
        Fresh.NEVER: False,
    }
    # An automatic token is one by what is posted, a revocation already by its address.
    sometimes = rule.fresh_when is not None and (method == "POST" or rule is not RULES["token-new"])
    return "confirm" if (asks[rule.fresh] or sometimes) and not visitor.is_fresh else "let in"


def seen(answer: HttpResponse) -> str:
    where = answer.get("Location", "")
    if answer.status_code == 302 and where.startswith("/accounts/login/"):
        return "sign in"
    if answer.status_code == 302 and where.startswith("/accounts/reauthenticate/"):
        return "confirm"
    known = {405: "no such method", 403: "refused"}
    if answer.status_code in known:
        return known[answer.status_code]
    return "failed" if answer.status_code >= 500 else "let in"


def agrees(name: str, answer: HttpResponse, wanted: str) -> bool:
    if wanted == "open":
        return answer.status_code < 500 and answer.status_code != 403
    if wanted == "let in" and answer.status_code in OWN_ANSWER.get(name, ()):
        return True
    return seen(answer) == wanted


def test_every_address_answers_everybody_as_its_rule_says(visitors: dict[str, Visitor]) -> None:
    wrong = []
    for name, route in NAMES.items():
        rule = RULES.get(name or "", Rule(None, None))
        with transaction.atomic():
            path = filled(route, OBJECTS[name]() if name in OBJECTS else {})
            for who, visitor in visitors.items():
                for method in METHODS:
                    answer, wanted = visitor.send(method, path), expected(rule, method, visitor)
                    if not agrees(str(name), answer, wanted):
                        wrong.append(
                            f"{method} {path} ({name}) by {who}: {wanted} expected, "
                            f"{seen(answer)} seen ({answer.status_code})"
                        )
            transaction.set_rollback(True)
    assert wrong == [], "\n".join(wrong)


def test_every_view_has_a_rule_and_every_rule_a_view() -> None:
    missing = [route for name, route in sorted(NAMES.items(), key=str) if name not in RULES]
    assert missing == [], (
        "Say who may read and change these in pki/dashboard/access_rules.py; until then nobody "
        f"may: {missing}"
    )
    assert sorted(set(RULES) - set(NAMES)) == [], "These rules are for no address."


def test_every_address_with_arguments_has_an_object_here() -> None:
    missing = [name for name, route in NAMES.items() if "<" in route and name not in OBJECTS]
    assert missing == [], f"Give these an object in tests/attacks/test_c_role_matrix.py: {missing}"


def test_a_view_without_a_rule_lets_nobody_in(
    visitors: dict[str, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = {name: rule for name, rule in RULES.items() if name not in {"server-list", "healthz"}}
    monkeypatch.setattr("pki.dashboard.access_middleware.RULES", rules)
    for visitor in visitors.values():
        assert visitor.send("GET", "/servers/").status_code == 403
        assert visitor.send("GET", "/healthz").status_code == 403


#: Told here once more, so that a slip in the rules is seen: what needs no sign-in,
OPEN = {
    "theme", "setup", "setup-administrator", "calendar-feed", "account_login", "account_logout",
    "account_inactive", "mfa_authenticate", "mfa_login_webauthn", "authority-certificate",
    "revocation-list", "ocsp", "ocsp-get", "metrics", "healthz", "readyz",
}  # fmt: skip
#: what viewers change, all of it their own,
VIEWERS = {
    "calendar", "account_reauthenticate", "account_change_password", "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn", "mfa_activate_totp", "mfa_deactivate_totp",
    "mfa_generate_recovery_codes", "mfa_add_webauthn", "mfa_remove_webauthn",
    "mfa_edit_webauthn",
}  # fmt: skip
#: and what administrators change without a fresh sign-in, since nothing comes of it.
HARMLESS = {"recipients-test", "channel-test", "delivery-again"}


def test_the_rules_are_those_of_the_contract() -> None:
    by_change: dict[object, set[str]] = {}
    for name, rule in RULES.items():
        by_change.setdefault(rule.change, set()).add(name)
    assert {name for name, rule in RULES.items() if ANYONE in {rule.read, rule.change}} == OPEN
    assert by_change[Role.VIEWER] == VIEWERS
    grave = {name for name in by_change[Role.ADMINISTRATOR] if RULES[name].fresh is Fresh.NEVER}
    assert grave == HARMLESS
    for name in ("certificate-revoke", "authority-export", "setup-host", "registration"):
        assert RULES[name].change == Role.ADMINISTRATOR


def test_nobody_reads_what_others_in_the_same_role_may_not_change() -> None:
    order = [ANYONE, Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR]
    for name, rule in RULES.items():
        if rule.read is not None and rule.change is not None:
            assert order.index(rule.read) <= order.index(rule.change), name


def test_an_address_that_does_not_exist_says_so_and_no_more(visitors: dict[str, Visitor]) -> None:
    for visitor in visitors.values():
        assert visitor.send("GET", f"/servers/{uuid4()}/").status_code == 404
