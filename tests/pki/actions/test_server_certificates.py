"""The certificate of a server: from a key made here, from a request, renewed, refused."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.authorities import create_authority
from pki.actions.certificate_row import parsed
from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server, renew
from pki.actions.servers import add_server, change_server
from pki.actions.stored_keys import open_key
from pki.models import Authority, Certificate, PrivateKey, Server
from pki.x509 import bundles, keys
from pki.x509.keys import KeySpec
from pki.x509.material import Material
from tests.pki.actions import made_elsewhere
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused

Fresh = Callable[[], Server]


def test_a_server_gets_a_certificate_that_openssl_accepts(
    root: Authority, server: Server, actor: Actor, fresh: Fresh, tmp_path: Path
) -> None:
    with audited("certificate.issued") as events:
        issued = issue_for_server(server, actor=actor, key_spec=P256)
    (tmp_path / "root.pem").write_bytes(bundles.pem(parsed(root.certificate)))
    (tmp_path / "leaf.pem").write_bytes(bundles.pem(parsed(issued)))
    verdict = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname",
         "cm1.example.com", "-CAfile", tmp_path / "root.pem", tmp_path / "leaf.pem"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert verdict.returncode == 0, verdict.stderr
    assert fresh().certificate == issued
    assert (events[0].actor, events[0].object_id) == ("anna", str(issued.pk))
    assert events[0].detail["names"] == ["cm1.example.com", "cm.example.com"]


def test_the_row_says_what_the_certificate_says(certificate: Certificate) -> None:
    certificate.refresh_from_db()
    inside = parsed(certificate)
    names = inside.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = inside.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert certificate.serial_number == f"{inside.serial_number:x}"
    assert certificate.names == names.get_values_for_type(x509.DNSName)
    assert certificate.subject == inside.subject.rfc4514_string()
    assert certificate.issuer == inside.issuer.rfc4514_string()
    assert certificate.not_before == inside.not_valid_before_utc
    assert certificate.not_after == inside.not_valid_after_utc
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert certificate.private_key is not None
    assert keys.matches(open_key(certificate.private_key), inside.public_key())
    assert certificate.private_key.public_key_sha256 == certificate.public_key_sha256


def test_what_is_returned_is_what_is_stored(certificate: Certificate) -> None:
    stored = Certificate.objects.get(pk=certificate.pk)
    for field in Certificate._meta.concrete_fields:
        ours, theirs = getattr(certificate, field.attname), getattr(stored, field.attname)
        assert (bytes(theirs) if isinstance(theirs, memoryview) else theirs) == ours, field.name
    assert certificate.server is not None
    assert certificate.server.certificate == certificate


def test_a_request_gets_a_certificate_for_its_own_key(
    root: Authority, server: Server, actor: Actor
) -> None:
    key = made_elsewhere.new_key()
    request = made_elsewhere.csr("CM1.example.com", "cm.example.com", key=key)
    issued = issue_for_server(server, actor=actor, csr=request)
    assert (issued.source, issued.private_key) == ("request", None)
    assert parsed(issued).public_key() == key.public_key()
    # The names are the server's, whatever part of them the request asked for.
    assert issued.names == ["cm1.example.com", "cm.example.com"]


@pytest.mark.parametrize(
    "common_name", ["", "My Appliance"], ids=["no common name", "words for people"]
)
def test_a_request_that_leaves_the_names_to_the_server_is_fine(
    root: Authority, server: Server, actor: Actor, common_name: str
) -> None:
    issued = issue_for_server(server, actor=actor, csr=made_elsewhere.csr(common_name))
    assert issued.common_name == "cm1.example.com"


def damaged_request() -> bytes:
    der = bytearray(
        x509.load_pem_x509_csr(made_elsewhere.csr("cm1.example.com")).public_bytes(
            serialization.Encoding.DER
        )
    )
    der[-1] ^= 1
    return bytes(der)


@pytest.mark.parametrize(
    ("request_file", "code"),
    [
        (b"hello", "request.unreadable"),
        (b"\0" * 64, "request.unreadable"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END", "request.unreadable"),
        (keys.to_pem(made_elsewhere.new_key()), "request.private_key"),
        (damaged_request(), "request.signature"),
        (b"A" * 10 * 1024 * 1024, "request.too_large"),
        (
            made_elsewhere.csr("cm1.example.com", key=rsa.generate_private_key(65537, 1024)),
            "key.too_small",
        ),
        (
            made_elsewhere.csr("cm1.example.com", key=ec.generate_private_key(ec.SECP521R1())),
            "key.unsupported",
        ),
        (made_elsewhere.csr("cm2.example.com"), "request.foreign_name"),
        (made_elsewhere.csr("cm1.example.com", "evil.example.com"), "request.foreign_name"),
        (made_elsewhere.csr("", "*.example.com"), "request.foreign_name"),
    ],
    ids=[
        "words", "zeros", "cut off", "a private key", "broken signature", "10 MB", "1024 bits",
        "P-521", "another server", "one name too many", "a wildcard",
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused(
    root: Authority, server: Server, actor: Actor, request_file: bytes, code: str
) -> None:
    with refused(code, field="csr"):
        issue_for_server(server, actor=actor, csr=request_file)


def test_foreign_names_are_named_with_the_way_out(
    root: Authority, server: Server, actor: Actor
) -> None:
    with refused("request.foreign_name", field="csr") as refusal:
        issue_for_server(
            server, actor=actor, csr=made_elsewhere.csr("cm1.example.com", "evil.example.com")
        )
    assert "evil.example.com" in refusal.value.message
    assert "Add the name to the server first" in refusal.value.message


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("rsa-1024", "key.too_small"),
        ("rsa-8192", "key.too_large"),
        ("ed25519", "key.not_for_profile"),
    ],
)
def test_a_key_that_clients_would_refuse_is_refused(
    root: Authority, server: Server, actor: Actor, spec: str, code: str
) -> None:
    with refused(code, field="key"):
        issue_for_server(server, actor=actor, key_spec=KeySpec.parse(spec))


@pytest.mark.parametrize(
    ("days", "code"),
    [(0, "lifetime.too_short"), (826, "lifetime.too_long")],
)
def test_a_lifetime_that_clients_would_refuse_is_refused(
    root: Authority, server: Server, actor: Actor, days: int, code: str
) -> None:
    with refused(code, field="days"):
        issue_for_server(server, actor=actor, key_spec=P256, lifetime=timedelta(days=days))


def test_without_a_root_nothing_is_issued(server: Server, actor: Actor) -> None:
    with refused("authority.missing"):
        issue_for_server(server, actor=actor, key_spec=P256)


def test_an_expired_root_issues_nothing(server: Server, actor: Actor) -> None:
    create_authority(actor=actor, key_spec=P256, lifetime=timedelta(days=10))
    with (
        time_machine.travel(timezone.now() + timedelta(days=11)),
        refused("authority.expired") as refusal,
    ):
        issue_for_server(server, actor=actor, key_spec=P256)
    assert "create a new authority" in refusal.value.message


def test_nothing_outlives_the_root(server: Server, actor: Actor) -> None:
    root = create_authority(actor=actor, key_spec=P256, lifetime=timedelta(days=10))
    with refused("lifetime.beyond_issuer", field="days"):
        issue_for_server(server, actor=actor, key_spec=P256, lifetime=timedelta(days=30))
    issued = issue_for_server(server, actor=actor, key_spec=P256)
    assert issued.not_after == root.certificate.not_after


def test_a_server_that_has_a_certificate_is_renewed_and_not_issued_for_again(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    with refused("server.changed"):
        issue_for_server(server, actor=actor, key_spec=P256)


def test_a_renewal_has_a_new_key_and_keeps_the_one_before_in_the_history(
    certificate: Certificate, server: Server, actor: Actor, fresh: Fresh
) -> None:
    with audited("certificate.renewed") as events:
        renewed = renew(server, actor=actor, expected=certificate, key_spec=P256)
    assert renewed.public_key_sha256 != certificate.public_key_sha256
    assert renewed.replaces == certificate
    assert fresh().certificate == renewed
    assert list(certificate.replaced_by.all()) == [renewed]
    assert Certificate.objects.get(pk=certificate.pk).state == "issued"
    assert events[0].detail["replaces"] == certificate.serial_number


def test_a_renewal_takes_the_names_the_server_has_now(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    change_server(server, actor=actor, additional_names=["10.0.0.5"], comment="")
    renewed = renew(
        Server.objects.get(pk=server.pk), actor=actor, expected=certificate, key_spec=P256
    )
    assert renewed.names == ["cm1.example.com", "10.0.0.5"]
    assert Certificate.objects.get(pk=certificate.pk).names == ["cm1.example.com", "cm.example.com"]


def test_a_renewal_may_keep_the_key_that_is_kept_here(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    renewed = renew(server, actor=actor, expected=certificate, same_key=True)
    assert renewed.private_key == certificate.private_key
    assert parsed(renewed).public_key() == parsed(certificate).public_key()
    assert renewed.serial_number != certificate.serial_number


def test_a_renewal_may_keep_the_key_that_a_request_has_proven(
    root: Authority, server: Server, actor: Actor
) -> None:
    first = issue_for_server(server, actor=actor, csr=made_elsewhere.csr("cm1.example.com"))
    renewed = renew(server, actor=actor, expected=first, same_key=True)
    assert parsed(renewed).public_key() == parsed(first).public_key()
    assert (renewed.source, renewed.private_key) == ("request", None)


def test_a_compromised_key_is_not_used_again(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    compromised = revoke(certificate, "keyCompromise", actor=actor)
    with refused("key.compromised", field="key"):
        renew(server, actor=actor, expected=compromised, same_key=True)
    renewed = renew(server, actor=actor, expected=compromised, key_spec=P256)
    assert renewed.public_key_sha256 != certificate.public_key_sha256


def test_a_key_that_nobody_has_proven_to_hold_is_not_used_again(
    root: Authority, server: Server, actor: Actor
) -> None:
    key = made_elsewhere.new_key()
    foreign = made_elsewhere.certificate(
        "cm1.example.com", ("cm1.example.com",), key=key,
        issuer=made_elsewhere.root(key=key), issuer_key=key,
    )  # fmt: skip
    imported = import_server_certificate(server, Material(foreign), actor=actor)
    with refused("key.not_proven", field="key"):
        renew(server, actor=actor, expected=imported, same_key=True)


def test_whoever_looked_at_an_older_certificate_is_told_who_was_faster(
    certificate: Certificate, server: Server, actor: Actor, other: Actor
) -> None:
    renewed = renew(server, actor=actor, expected=certificate, key_spec=P256)
    revoke(renewed, "superseded", actor=other)
    with refused("server.changed") as refusal:
        renew(server, actor=other, expected=certificate, key_spec=P256)
    assert "anna gave cm1.example.com a new certificate" in refusal.value.message


def test_a_refused_issuance_leaves_no_key_behind(
    certificate: Certificate, server: Server, actor: Actor
) -> None:
    renew(server, actor=actor, expected=certificate, key_spec=P256)
    before = PrivateKey.objects.count()
    with refused("server.changed"):
        renew(server, actor=actor, expected=certificate, key_spec=P256)
    assert PrivateKey.objects.count() == before


def test_a_wildcard_and_an_address_go_into_the_certificate(root: Authority, actor: Actor) -> None:
    server = add_server(
        "*.example.com", actor=actor, additional_names=["example.com", "2001:db8::1"]
    )
    inside = parsed(issue_for_server(server, actor=actor, key_spec=P256))
    names = inside.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["*.example.com", "example.com"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == [
        "2001:db8::1"
    ]
