"""A small installation: a root, a server with its certificate, a person of each role."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.cache import caches
from django.test import Client

from pki.actions import audit_key, audit_note
from pki.actions.actor import SYSTEM, Actor
from pki.actions.authorities import create_authority
from pki.actions.registration import Registered, Registration, register
from pki.actions.registration_policy import change_policy
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.actions.strangers import counts
from pki.actions.trust import trust
from pki.models import Authority, Certificate, Role, Server, User, Workstation
from pki.x509 import requests
from pki.x509.keys import KeySpec

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def forgotten_attempts() -> None:
    """Rate limits count across tests otherwise."""
    for cache in caches.all(initialized_only=True):
        cache.clear()
    counts.forget()


@pytest.fixture(autouse=True)
def another_trail() -> None:
    """A process keeps the secret of the audit trail, and a note of its newest seal, otherwise."""
    audit_key.forget()
    audit_note.remove_note()


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

    def session_is_old(self) -> None:
        """As after some minutes: what was confirmed counts no more."""
        session = self.session
        for each in session["account_authentication_methods"]:
            each["at"] -= 3600
        session.save()


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


def certificate_request(
    agent_id: str, key: ec.EllipticCurvePrivateKey | None = None
) -> tuple[ec.EllipticCurvePrivateKey, requests.ParsedRequest]:
    """An agent's key and its verified request."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, agent_id)])
    )
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return key, requests.parse(pem)


class Agent:
    """What an agent has: an identifier and a key, and what it was answered last."""

    def __init__(self, agent_id: str, token: str = "") -> None:
        self.agent_id = agent_id
        self.token = token
        self.key, self.request = certificate_request(agent_id)

    def register(self) -> Registered:
        return register(
            Registration(
                agent_id=self.agent_id,
                request=self.request,
                hostname=f"{self.agent_id}.example.com",
                os="Debian GNU/Linux 12",
                agent_version="1.0",
                token=self.token,
            ),
            actor=Actor(name=self.agent_id, door="agent", address="10.0.0.9"),
        )


@pytest.fixture
def open_registration(authority: Authority) -> None:
    change_policy(open_to_all=True, automatic=False, actor=SYSTEM)


@pytest.fixture
def automatic_registration(authority: Authority) -> None:
    change_policy(open_to_all=True, automatic=True, actor=SYSTEM)


@pytest.fixture
def workstation(open_registration: None) -> Workstation:
    """Pending."""
    return Agent("pc-1").register().workstation


@pytest.fixture
def trusted(automatic_registration: None) -> Workstation:
    return trust(Agent("pc-9").register().workstation, actor=SYSTEM)
