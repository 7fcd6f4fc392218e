"""A small installation: a root, a server with its certificate, a person of each role."""

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import Authority, Certificate, Role, Server, User
from pki.x509.keys import KeySpec

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def forgotten_attempts() -> None:
    """Rate limits count across tests otherwise."""
    cache.clear()


@pytest.fixture
def authority(db: None) -> Authority:
    return create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))


@pytest.fixture
def server(authority: Authority) -> Server:
    return add_server("cm1.example.com", actor=SYSTEM, additional_names=["10.0.0.5"])


@pytest.fixture
def issued(server: Server) -> Certificate:
    certificate = issue_for_server(server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    server.refresh_from_db()
    return certificate


def person(role: str) -> User:
    return User.objects.create_user(role, password=PASSWORD, role=role)


@pytest.fixture
def administrator(db: None) -> User:
    return person(Role.ADMINISTRATOR)


class Signed(Client):
    """A browser of someone who signed in with a password a moment ago, over HTTPS."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **{**kwargs, "secure": True})

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        answer = self.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()

    def confirm(self) -> None:
        """Enter the password again, as the dashboard asks before a private key leaves it."""
        answer = self.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()


@pytest.fixture
def as_administrator(administrator: User) -> Signed:
    return Signed(administrator)


@pytest.fixture
def confirmed(as_administrator: Signed) -> Signed:
    as_administrator.confirm()
    return as_administrator


@pytest.fixture
def as_operator(administrator: User) -> Signed:
    return Signed(person(Role.OPERATOR))


@pytest.fixture
def as_viewer(administrator: User) -> Signed:
    return Signed(person(Role.VIEWER))
