"""Looking at servers that are right, wrong, silent and no servers at all."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from pki import probing
from pki.outgoing import Policy
from pki.probing import Presented, Unreachable
from pki.x509 import issuing, keys
from pki.x509.profiles import SERVER
from tests.tls_listener import answering

HERE = Policy(loopback=True)
KEY = keys.generate(keys.KeySpec.parse("ec-p256"))


@pytest.fixture
def silent() -> Iterator[int]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def speaking() -> Iterator[int]:
    """Something else than TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            connection, _ = listener.accept()
            connection.sendall(b"220 mail.example.com ESMTP\r\n")
            connection.recv(1000)
            connection.close()

        threading.Thread(target=greet, daemon=True).start()
        yield listener.getsockname()[1]


def test_what_a_server_answers_with_is_seen_whoever_signed_it(tmp_path: Path) -> None:
    made = issuing.temporary_certificate("cm1.example.com", KEY, now=timezone.now())
    with answering(made.public_bytes(Encoding.PEM), keys.to_pem(KEY), tmp_path) as port:
        found = probing.look("127.0.0.1", port, "cm1.example.com", HERE)
    assert isinstance(found, Presented)
    assert found.certificates[0] == made.public_bytes(Encoding.DER)
    assert found.tls_version == "TLSv1.3"


def test_all_that_a_server_sends_along_is_seen(tmp_path: Path) -> None:
    root = issuing.root("CM Agent CA", KEY, now=timezone.now())
    own = keys.generate(keys.KeySpec.parse("ec-p256"))
    request = issuing.CertificateRequest(
        SERVER, "cm1.example.com", own.public_key(), names=("cm1.example.com",)
    )
    made = issuing.issue(issuing.prepare(request, root, now=timezone.now()), KEY)
    sent = [made, root]
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in sent)
    with answering(pem, keys.to_pem(own), tmp_path) as port:
        found = probing.look("127.0.0.1", port, "cm1.example.com", HERE)
    assert isinstance(found, Presented)
    assert found.certificates == tuple(each.public_bytes(Encoding.DER) for each in sent)


def test_nobody_there_is_told_apart_from_someone_silent(silent: int) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        closed = probing.look("127.0.0.1", reserved.getsockname()[1], "x", HERE)
    assert isinstance(closed, Unreachable)
    assert "Nothing listens" in closed.reason
    waiting = probing.look("127.0.0.1", silent, "x", HERE, timeout=0.3)
    assert isinstance(waiting, Unreachable)
    assert "Nothing answered within" in waiting.reason


def test_something_else_than_tls_is_named_so(speaking: int) -> None:
    found = probing.look("127.0.0.1", speaking, "x", HERE)
    assert isinstance(found, Unreachable)
    assert "not as TLS should" in found.reason


def test_a_name_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = probing.look("no-such-host.invalid", 3003, "x", HERE)
    assert isinstance(found, Unreachable)
    assert "no-such-host.invalid" in found.reason


@pytest.mark.parametrize("name", ["", "a" * 300, "\x00", ".", "ünïcode..example"])
def test_no_name_breaks_the_look(name: str) -> None:
    assert isinstance(probing.look(name, 9, name, HERE, timeout=0.3), Unreachable)
    assert ssl.CERT_NONE == 0
