"""The one-time code: once, for a day, for the first administrator only."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pki.actions.accounts import add_user
from pki.actions.actor import Actor
from pki.actions.setup_code import (
    create_first_administrator,
    first_administrator,
    is_set_up,
    new_setup_code,
)
from pki.models import AuditEvent, Authority, Role, SetupCode, User
from tests.pki.actions.evidence import PASSWORD, audited, refused
from tests.pki.actions.test_issuance import at_once


@pytest.fixture
def setup(actor: Actor) -> Actor:
    return Actor(name="set-up", door="setup", address="192.0.2.7")


def test_the_code_lets_the_first_administrator_in(setup: Actor) -> None:
    code = new_setup_code()
    with audited("user.added"):
        user = create_first_administrator(code, "olga", PASSWORD, actor=setup)
    assert user.has_role(Role.ADMINISTRATOR)
    assert User.objects.get().check_password(PASSWORD)


def test_a_code_is_easy_to_copy_and_kept_only_as_a_hash() -> None:
    code = new_setup_code()
    assert re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", code)
    stored = str(SetupCode.objects.values().get())
    assert code not in stored
    assert code.replace("-", "") not in stored


@pytest.mark.parametrize(
    "typed",
    [str.lower, lambda code: code.replace("-", ""), lambda code: f"  {code.replace('-', ' ')}\n"],
    ids=["lower case", "no hyphens", "spaces"],
)
def test_a_code_may_be_typed_as_people_type(typed: object, setup: Actor) -> None:
    code = typed(new_setup_code())  # type: ignore[operator]
    assert create_first_administrator(code, "olga", PASSWORD, actor=setup)


@pytest.mark.parametrize("code", ["", "AAAA-AAAA-AAAA", "x" * 10_000, "\0"])
def test_another_code_is_refused(code: str, setup: Actor) -> None:
    new_setup_code()
    with refused("setup.code", field="code"):
        create_first_administrator(code, "olga", PASSWORD, actor=setup)


def test_a_code_works_once(setup: Actor) -> None:
    code = new_setup_code()
    create_first_administrator(code, "olga", PASSWORD, actor=setup)
    with refused("setup.code", field="code"):
        create_first_administrator(code, "petra", PASSWORD, actor=setup)


def test_a_code_works_for_a_day(setup: Actor) -> None:
    code = new_setup_code()
    with (
        time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1)),
        refused("setup.code", field="code"),
    ):
        create_first_administrator(code, "olga", PASSWORD, actor=setup)
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert create_first_administrator(code, "olga", PASSWORD, actor=setup)


def test_a_new_code_ends_the_one_before(setup: Actor) -> None:
    old = new_setup_code()
    new = new_setup_code()
    with refused("setup.code", field="code"):
        create_first_administrator(old, "olga", PASSWORD, actor=setup)
    assert create_first_administrator(new, "olga", PASSWORD, actor=setup)


def test_a_weak_password_does_not_use_the_code_up(setup: Actor) -> None:
    code = new_setup_code()
    with refused("user.password", field="password"):
        create_first_administrator(code, "olga", "short", actor=setup)
    assert create_first_administrator(code, "olga", PASSWORD, actor=setup)


def test_once_there_is_an_administrator_no_code_makes_another(actor: Actor, setup: Actor) -> None:
    add_user("olga", PASSWORD, Role.ADMINISTRATOR, actor=actor)
    code = new_setup_code()
    with refused("setup.done"):
        create_first_administrator(code, "petra", PASSWORD, actor=setup)
    with refused("setup.done"):
        first_administrator("petra", PASSWORD, actor=setup)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_have_the_code_one_is_let_in(setup: Actor) -> None:
    code = new_setup_code()

    def attempt(name: str) -> object:
        try:
            return create_first_administrator(code, name, PASSWORD, actor=setup)
        except Exception as error:
            return error

    results = at_once(lambda: attempt("olga"), lambda: attempt("petra"))
    assert sum(isinstance(result, User) for result in results) == 1
    assert User.objects.count() == 1


def test_set_up_is_an_administrator_and_a_root(actor: Actor) -> None:
    assert not is_set_up()
    add_user("ivan", PASSWORD, Role.OPERATOR, actor=actor)
    add_user("olga", PASSWORD, Role.ADMINISTRATOR, actor=actor)
    assert not is_set_up()


def test_a_root_without_an_administrator_is_not_set_up(root: Authority, actor: Actor) -> None:
    assert not is_set_up()
    add_user("olga", PASSWORD, Role.ADMINISTRATOR, actor=actor)
    assert is_set_up()


def test_the_code_is_not_in_the_trail(setup: Actor) -> None:
    code = new_setup_code()
    create_first_administrator(code, "olga", PASSWORD, actor=setup)
    trail = str(list(AuditEvent.objects.values()))
    assert code not in trail
    assert code.replace("-", "") not in trail
