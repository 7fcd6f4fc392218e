"""The TLS of a site: which certificate it answers with."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from certiflow_admin import tls
from certiflow_admin.temporary_certificate import TemporaryCertificate
from certiflow_admin.tls import CurrentContext
from pki.actions.actor import SYSTEM
from pki.actions.authorities import create_authority
from pki.actions.host_certificate import HostCertificate
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.errors import Unavailable
from pki.x509.keys import KeySpec

HOST = "admin.example.test"


@pytest.fixture
def current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CurrentContext:
    """Looks at every connection, as if a second had passed between any two."""
    monkeypatch.setattr(tls, "LOOK_EVERY", 0.0)
    # It would close the connection that holds the test's transaction.
    monkeypatch.setattr(tls, "close_old_connections", lambda: None)
    temporary = TemporaryCertificate(tmp_path / "tls")
    temporary.ensure(HOST)
    return CurrentContext(temporary)


def served(context: ssl.SSLContext, talk: Callable[[socket.socket], None]) -> OSError | None:
    """What ``wrap_socket`` raises on the server's side while ``talk`` is on the other."""
    ours, theirs = socket.socketpair()
    client = threading.Thread(target=talk, args=(theirs,))
    client.start()
    try:
        with ours, context.wrap_socket(ours, server_side=True):
            return None
    except OSError as error:
        return error
    finally:
        client.join()
        theirs.close()


def fingerprint(context: ssl.SSLContext) -> str:
    """SHA-256 of the certificate that a client of ``context`` gets."""
    got: list[bytes] = []

    def handshake(sock: socket.socket) -> None:
        client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        with client.wrap_socket(sock, server_hostname=HOST) as wrapped:
            got.append(wrapped.getpeercert(binary_form=True) or b"")

    assert served(context, handshake) is None
    return x509.load_der_x509_certificate(got[0]).fingerprint(hashes.SHA256()).hex()


@pytest.mark.django_db
def test_a_certificate_is_answered_with_as_soon_as_it_is_issued_and_when_renewed(
    current: CurrentContext, tmp_path: Path
) -> None:
    temporary = TemporaryCertificate(tmp_path / "tls").ensure(HOST)
    assert fingerprint(current.get()) == temporary
    create_authority(actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    server = add_server(HOST, actor=SYSTEM)
    first = issue_for_server(server, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    assert fingerprint(current.get()) == first.sha256
    server.refresh_from_db()
    second = renew(server, expected=first, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))
    assert fingerprint(current.get()) == second.sha256 != first.sha256


@pytest.mark.django_db
def test_one_context_serves_until_the_certificate_changes(current: CurrentContext) -> None:
    assert current.get() is current.get()


@pytest.mark.django_db
def test_what_cannot_be_used_is_told_once_and_the_current_one_goes_on(
    current: CurrentContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = current.get()

    def refuse() -> HostCertificate:
        raise Unavailable("The key ring is missing.", code="vault.ring_missing")

    monkeypatch.setattr("pki.actions.host_certificate.host_fingerprint", lambda: "another")
    monkeypatch.setattr("pki.actions.host_certificate.host_certificate", refuse)
    assert current.get() is before
    assert current.get() is before
    assert [record.message for record in caplog.records] == [
        "This host's certificate cannot be used: The key ring is missing."
    ]


def test_a_database_that_does_not_answer_leaves_the_current_one(current: CurrentContext) -> None:
    """No fixture gives this test a database."""
    from django.db import DatabaseError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "pki.actions.host_certificate.host_fingerprint",
            lambda: (_ for _ in ()).throw(DatabaseError("gone")),
        )
        assert current.get() is current.get()


@pytest.fixture
def context(current: CurrentContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    monkeypatch.setattr("pki.actions.host_certificate.host_fingerprint", lambda: "")
    monkeypatch.setattr("pki.actions.host_certificate.host_certificate", lambda: None)
    return current.get()


def test_the_key_is_nowhere_on_the_disk_afterwards(
    context: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the system has no files in memory."""
    temporary = TemporaryCertificate(tmp_path / "tls")
    monkeypatch.delattr(os, "memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    with tls.as_file(b"secret") as path:
        assert Path(path).stat().st_mode & 0o077 == 0
        assert Path(path).parent.stat().st_mode & 0o077 == 0
    assert fingerprint(tls.context_of(*temporary.read())) == temporary.ensure(HOST)
    assert list((tmp_path / "scratch").iterdir()) == []
