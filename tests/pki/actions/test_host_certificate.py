"""What this host's own sites answer with."""

import ssl
from pathlib import Path

import pytest
from django.conf import settings

from pki.actions.actor import Actor
from pki.actions.host_certificate import host_certificate, host_fingerprint
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server
from pki.models import Authority, Certificate, Server
from tests.pki.actions import made_elsewhere
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import refused


@pytest.fixture
def actor() -> Actor:
    """This host is for administrators, as whom the shell counts."""
    return Actor(name="anna", door="command")


@pytest.fixture
def host(root: Authority, actor: Actor) -> Server:
    return add_server(settings.HOST, actor=actor)


@pytest.fixture
def issued(host: Server, actor: Actor) -> Certificate:
    return issue_for_server(host, actor=actor, key_spec=P256)


def test_without_a_certificate_for_this_host_there_is_none(
    certificate: Certificate, host: Server
) -> None:
    assert host_fingerprint() == ""
    assert host_certificate() is None


def test_a_tls_server_starts_with_it(issued: Certificate, tmp_path: Path) -> None:
    found = host_certificate()
    assert found is not None
    assert found.sha256 == host_fingerprint() == issued.sha256
    (tmp_path / "chain.pem").write_bytes(found.chain_pem)
    (tmp_path / "key.pem").write_bytes(found.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
    assert found.chain_pem.count(b"BEGIN CERTIFICATE") == 2


def test_showing_it_does_not_show_the_key(issued: Certificate) -> None:
    found = host_certificate()
    assert repr(found) == f"HostCertificate({issued.sha256})"


def test_a_renewal_changes_the_fingerprint(issued: Certificate, host: Server, actor: Actor) -> None:
    renewed = renew(host, actor=actor, expected=issued, key_spec=P256)
    assert host_fingerprint() == renewed.sha256


def test_a_revoked_one_stays_until_there_is_another(issued: Certificate, actor: Actor) -> None:
    revoke(issued, "keyCompromise", actor=actor)
    assert host_fingerprint() == issued.sha256


def test_one_whose_key_is_elsewhere_is_of_no_use_here(host: Server, actor: Actor) -> None:
    with refused("host.key_made_here", field="key"):
        issue_for_server(host, actor=actor, csr=made_elsewhere.csr(settings.HOST))
    assert host_fingerprint() == ""
    assert host_certificate() is None


def test_looking_at_the_fingerprint_is_one_query(
    issued: Certificate, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        host_fingerprint()
