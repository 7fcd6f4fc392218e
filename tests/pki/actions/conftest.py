"""An installation with a root, a server and people to act."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from pki.actions.actor import Actor
from pki.actions.authorities import create_authority
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.models import Authority, Certificate, Server
from pki.x509.keys import KeySpec
from tests.pki.actions.evidence import assert_nothing_leaked

#: Made in a millisecond, where RSA takes a second.
P256 = KeySpec.parse("ec-p256")


@pytest.fixture(autouse=True)
def nothing_leaks(db: None, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """After every test of an action the audit trail and the log hold no secret."""
    with caplog.at_level("DEBUG"):
        yield
    assert_nothing_leaked(caplog.text)


@pytest.fixture
def actor() -> Actor:
    return Actor(name="anna", door="dashboard", address="192.0.2.7")


@pytest.fixture
def other() -> Actor:
    return Actor(name="boris", door="command")


@pytest.fixture
def root(actor: Actor) -> Authority:
    return create_authority(actor=actor, key_spec=P256)


@pytest.fixture
def server(actor: Actor) -> Server:
    return add_server("cm1.example.com", actor=actor, additional_names=["cm.example.com"])


@pytest.fixture
def certificate(root: Authority, server: Server, actor: Actor) -> Certificate:
    """The server's current certificate, with a key kept here."""
    issued = issue_for_server(server, actor=actor, key_spec=P256)
    server.refresh_from_db()
    return issued


@pytest.fixture
def ring_file(tmp_path: Path) -> Iterator[Path]:
    """The key ring in a file of its own instead of the environment."""
    path = tmp_path / "data" / "master_keys"
    with override_settings(MASTER_KEYS="", MASTER_KEYS_FILE=path):
        yield path


@pytest.fixture
def fresh(server: Server) -> Callable[[], Server]:
    """The server as the database has it now."""
    return lambda: Server.objects.get(pk=server.pk)
