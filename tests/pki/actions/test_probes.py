"""What a look means for the certificate a server was given."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone
from pytest_django.fixtures import Settings

from pki.actions.actor import SYSTEM
from pki.actions.certificate_row import parsed
from pki.actions.probes import keep, probe_all, probe_server, set_target
from pki.actions.server_certificates import renew
from pki.actions.servers import add_server
from pki.actions.stored_keys import open_key
from pki.errors import Conflict, InvalidInput
from pki.models import AuditEvent, Authority, Certificate, Probe, ProbeState, Server
from pki.probing import Presented
from pki.x509 import bundles, issuing, keys
from tests.tls_listener import answering

Serve = Callable[[bytes, keys.PrivateKey], None]


@pytest.fixture
def server(authority: Authority) -> Server:
    return add_server("cm1.example.com", actor=SYSTEM)


@pytest.fixture
def serve(server: Server, tmp_path: Path) -> Iterator[Serve]:
    """The server answers with this from now on."""
    with ExitStack() as stack:

        def start(pem: bytes, key: keys.PrivateKey) -> None:
            port = stack.enter_context(answering(pem, keys.to_pem(key), tmp_path))
            set_target(server, address="127.0.0.1", port=port, probed=True, actor=SYSTEM)
            server.refresh_from_db()

        yield start


def answer_with(serve: Serve, row: Certificate) -> None:
    assert row.private_key is not None
    serve(bundles.pem(parsed(row)), open_key(row.private_key))


def test_its_certificate_is_seen_in_use(server: Server, issued: Certificate, serve: Serve) -> None:
    answer_with(serve, issued)
    probe = probe_server(server, actor=SYSTEM)
    assert (probe.state, probe.sha256) == (ProbeState.IN_USE, issued.sha256)
    assert (probe.tls_version, probe.not_after) == ("TLSv1.3", issued.not_after)
    assert probe.chain == ["CN=cm1.example.com"]
    server.refresh_from_db()
    assert server.usage == ProbeState.IN_USE


def test_what_is_sent_along_is_kept_by_name(issued: Certificate, server: Server) -> None:
    assert issued.authority is not None
    sent = Presented(
        (bytes(issued.der), bytes(issued.authority.certificate.der), b"no certificate"), "TLSv1.2"
    )
    probe = keep(server, sent, SYSTEM)
    assert probe.chain == ["CN=cm1.example.com", "CN=CM Agent CA", "unreadable"]


def test_renewed_is_told_apart_from_installed(
    server: Server, issued: Certificate, serve: Serve
) -> None:
    answer_with(serve, issued)
    probe_server(server, actor=SYSTEM)
    renewed = renew(server, actor=SYSTEM, expected=issued)
    server.refresh_from_db()
    # Before anybody has looked again: what was seen is not what it has now.
    assert server.usage == ProbeState.OLD
    assert probe_server(server, actor=SYSTEM).state == ProbeState.OLD
    answer_with(serve, renewed)
    assert probe_server(server, actor=SYSTEM).state == ProbeState.IN_USE


def test_a_strangers_certificate_is_another(
    server: Server, issued: Certificate, serve: Serve
) -> None:
    key = keys.generate(keys.KeySpec.parse("ec-p256"))
    made = issuing.temporary_certificate(server.fqdn, key, now=timezone.now())
    serve(made.public_bytes(Encoding.PEM), key)
    assert probe_server(server, actor=SYSTEM).state == ProbeState.OTHER


def test_only_changes_are_audited_and_old_looks_forgotten(
    server: Server, issued: Certificate, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.actions.probes.KEPT", 3)
    answer_with(serve, issued)
    for _ in range(5):
        probe_server(server, actor=SYSTEM)
    assert Probe.objects.count() == 3
    assert AuditEvent.objects.filter(event="server.probed").count() == 1


def test_many_are_looked_at_and_one_that_fails_stops_nobody(
    server: Server, issued: Certificate, serve: Serve
) -> None:
    answer_with(serve, issued)
    gone = add_server("gone.example.com", actor=SYSTEM)
    set_target(gone, address="127.0.0.1", port=1099, probed=True, actor=SYSTEM)
    found = {
        probe.server.fqdn: probe.state for probe in probe_all(Server.objects.all(), actor=SYSTEM)
    }
    assert found == {server.fqdn: "in_use", "gone.example.com": "unreachable"}


def test_a_wildcard_needs_an_address(authority: Authority) -> None:
    wildcard = add_server("*.example.com", actor=SYSTEM)
    with pytest.raises(Conflict):
        probe_server(wildcard, actor=SYSTEM)
    for address in ("", "*.example.com"):
        with pytest.raises(InvalidInput) as refused:
            set_target(wildcard, address=address, port=3003, probed=True, actor=SYSTEM)
        assert refused.value.field == "address"
    set_target(wildcard, address="10.0.0.7", port=3003, probed=True, actor=SYSTEM)
    assert list(probe_all([], actor=SYSTEM)) == []


def test_this_host_is_looked_at_where_its_agent_site_listens(
    authority: Authority, settings: Settings
) -> None:
    settings.AGENT_BIND = "0.0.0.0:13003"
    assert add_server(settings.HOST, actor=SYSTEM).probe_port == 13003
    assert add_server("cm9.example.com", actor=SYSTEM).probe_port == 3003
