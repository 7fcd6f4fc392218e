"""People: added, changed, closed; there is always an administrator left."""

import pytest

from pki.actions.accounts import add_user, change_user, set_password
from pki.actions.actor import Actor
from pki.models import Role, User
from tests.pki.actions.evidence import PASSWORD, audited, refused
from tests.pki.actions.test_issuance import at_once


@pytest.fixture
def administrator(actor: Actor) -> User:
    return add_user("olga", PASSWORD, Role.ADMINISTRATOR, actor=actor)


def test_a_name_that_differs_by_case_only_is_taken(actor: Actor) -> None:
    """People sign in without regard to case: of two such names neither could."""
    add_user("anna", PASSWORD, "viewer", actor=actor)
    with refused("user.exists", field="username"):
        add_user("ANNA", PASSWORD, "viewer", actor=actor)


def test_someone_added_may_sign_in_and_do_what_the_role_says(actor: Actor) -> None:
    with audited("user.added") as events:
        user = add_user(" ivan ", PASSWORD, "operator", actor=actor, email="ivan@example.com")
    assert (user.username, user.role, user.email) == ("ivan", "operator", "ivan@example.com")
    assert user.check_password(PASSWORD)
    assert (user.has_role(Role.OPERATOR), user.has_role(Role.ADMINISTRATOR)) == (True, False)
    assert (events[0].object_label, events[0].detail) == ("ivan", {"role": "operator"})


@pytest.mark.parametrize("name", ["", " ", "two words", "x" * 151, "semi;colon", "line\nfeed"])
def test_a_name_that_cannot_be_is_refused(name: str, actor: Actor) -> None:
    with refused("user.name", field="username"):
        add_user(name, PASSWORD, Role.VIEWER, actor=actor)


@pytest.mark.parametrize("role", ["", "root", "Administrator", "x" * 500])
def test_a_role_that_is_none_is_refused(role: str, actor: Actor, administrator: User) -> None:
    with refused("user.role", field="role"):
        add_user("ivan", PASSWORD, role, actor=actor)
    with refused("user.role", field="role"):
        change_user(administrator, actor=actor, role=role, is_active=True)


@pytest.mark.parametrize("password", ["", "hunter2", "elevenchars", "administrator-olga"])
def test_a_weak_password_is_refused_and_never_repeated(
    password: str, actor: Actor, administrator: User
) -> None:
    with refused("user.password", field="password") as refusal:
        add_user("administrator-olga", password, Role.VIEWER, actor=actor)
    assert not password or password not in refusal.value.message
    with refused("user.password", field="password"):
        set_password(administrator, "short", actor=actor)


def test_a_name_that_is_taken_is_refused(administrator: User, actor: Actor) -> None:
    with refused("user.exists", field="username"):
        add_user("olga", PASSWORD, Role.VIEWER, actor=actor)


@pytest.mark.parametrize(
    ("role", "is_active"), [(Role.OPERATOR, True), (Role.ADMINISTRATOR, False)]
)
def test_the_last_administrator_stays_one(
    role: str, is_active: bool, administrator: User, actor: Actor
) -> None:
    closed = add_user("retired", PASSWORD, Role.ADMINISTRATOR, actor=actor)
    change_user(closed, actor=actor, role=Role.ADMINISTRATOR, is_active=False)
    with refused("user.last_administrator", field="role"):
        change_user(administrator, actor=actor, role=role, is_active=is_active)


def test_with_a_second_administrator_the_first_may_step_down(
    administrator: User, actor: Actor
) -> None:
    add_user("petra", PASSWORD, Role.ADMINISTRATOR, actor=actor)
    with audited("user.changed") as events:
        changed = change_user(administrator, actor=actor, role="viewer", is_active=True)
    assert changed.role == "viewer"
    assert events[0].detail["before"] == {"role": "administrator", "is_active": True}


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_both_demote_the_other(administrator: User, actor: Actor) -> None:
    second = add_user("petra", PASSWORD, Role.ADMINISTRATOR, actor=actor)
    results = at_once(
        lambda: change_user(administrator, actor=actor, role="viewer", is_active=True),
        lambda: change_user(second, actor=actor, role="viewer", is_active=True),
    )
    assert sum(isinstance(result, User) for result in results) == 1
    assert User.objects.filter(role="administrator").count() == 1


def test_a_new_password_replaces_the_old_one(administrator: User, actor: Actor) -> None:
    with audited("user.password_changed") as events:
        set_password(administrator, "another-long-password", actor=actor)
    stored = User.objects.get(pk=administrator.pk)
    assert stored.check_password("another-long-password")
    assert not stored.check_password(PASSWORD)
    assert events[0].detail == {}
    # Sessions are bound to the password, so those of the old one end.
    assert stored.get_session_auth_hash() != administrator.get_session_auth_hash()
