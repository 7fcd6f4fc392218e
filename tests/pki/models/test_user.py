"""Roles: each may do what the ones before it may, and a closed account nothing."""

import pytest

from pki.models import Role, User


@pytest.mark.parametrize(
    ("has", "wants", "may"),
    [
        ("viewer", "viewer", True),
        ("viewer", "operator", False),
        ("viewer", "administrator", False),
        ("operator", "viewer", True),
        ("operator", "operator", True),
        ("operator", "administrator", False),
        ("administrator", "viewer", True),
        ("administrator", "operator", True),
        ("administrator", "administrator", True),
    ],
)
def test_a_role_includes_the_ones_before_it(has: str, wants: str, may: bool) -> None:
    assert User(username="x", role=has).has_role(Role(wants)) is may


@pytest.mark.parametrize("role", Role.values)
def test_a_closed_account_may_nothing(role: str) -> None:
    assert not User(username="x", role=role, is_active=False).has_role(Role.VIEWER)


def test_someone_new_may_only_read() -> None:
    assert User(username="x").role == "viewer"
