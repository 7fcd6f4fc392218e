"""Private keys handed out: what openssl makes of them, and that each is written down."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from pki.actions.actor import Actor
from pki.actions.certificate_row import parsed
from pki.actions.exports import export_key, export_pfx
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server
from pki.models import Authority, Certificate, PrivateKey, Server
from pki.x509.bundles import PfxEncryption
from tests.pki.actions import made_elsewhere
from tests.pki.actions.evidence import PASSWORD, audited, refused


def openssl(*arguments: str | Path, password: str = "") -> str:
    return subprocess.run(
        ["openssl", *arguments], input=password, capture_output=True, text=True, check=True
    ).stdout


def test_a_key_opens_with_its_password_and_belongs_to_the_certificate(
    certificate: Certificate, actor: Actor, tmp_path: Path
) -> None:
    with audited("private_key.exported") as events:
        content = export_key(certificate, actor=actor, password=PASSWORD)
    (tmp_path / "key.pem").write_bytes(content)
    public = openssl("pkey", "-in", tmp_path / "key.pem", "-passin", "stdin", "-pubout",
                     password=PASSWORD)  # fmt: skip
    assert content.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert public.encode() == parsed(certificate).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert (events[0].actor, events[0].address) == ("anna", "192.0.2.7")
    assert events[0].object_id == str(certificate.pk)
    assert events[0].detail == {"format": "key", "encrypted": True}


def test_a_key_without_a_password_is_plain_and_the_trail_says_so(
    certificate: Certificate, actor: Actor
) -> None:
    with audited("private_key.exported") as events:
        content = export_key(certificate, actor=actor)
    assert content.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert events[0].detail["encrypted"] is False


@pytest.mark.parametrize("encryption", PfxEncryption)
def test_a_pfx_holds_key_certificate_and_root(
    encryption: PfxEncryption, certificate: Certificate, root: Authority, actor: Actor
) -> None:
    with audited("private_key.exported") as events:
        content = export_pfx(certificate, actor=actor, password=PASSWORD, encryption=encryption)
    found = pkcs12.load_pkcs12(content, PASSWORD.encode())
    assert found.cert is not None
    assert found.key is not None
    assert found.cert.certificate == parsed(certificate)
    assert [other.certificate for other in found.additional_certs] == [parsed(root.certificate)]
    assert found.key.public_key() == parsed(certificate).public_key()
    assert events[0].detail == {"format": f"pfx {encryption.value}", "encrypted": True}


def test_a_pfx_of_the_modern_kind_opens_with_openssl(
    certificate: Certificate, actor: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "server.pfx"
    path.write_bytes(
        export_pfx(certificate, actor=actor, password=PASSWORD, encryption=PfxEncryption.MODERN)
    )
    listing = openssl("pkcs12", "-in", path, "-passin", "stdin", "-noenc", password=PASSWORD)
    assert "friendlyName: cm1.example.com" in listing
    assert listing.count("BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("export", [export_key, export_pfx])
def test_a_password_that_others_would_cut_off_is_refused(
    export: object, certificate: Certificate, actor: Actor
) -> None:
    with refused("password.too_long", field="password"):
        export(certificate, actor=actor, password="ы" * 65)  # type: ignore[operator]


def test_a_key_that_stayed_elsewhere_cannot_be_handed_out(
    root: Authority, server: Server, actor: Actor
) -> None:
    issued = issue_for_server(server, actor=actor, csr=made_elsewhere.csr("cm1.example.com"))
    with refused("key.not_here"):
        export_key(issued, actor=actor)
    with refused("key.not_here"):
        export_pfx(issued, actor=actor, password=PASSWORD)


def test_the_roots_key_goes_out_only_as_a_root_file(root: Authority, actor: Actor) -> None:
    with refused("key.of_authority"):
        export_key(root.certificate, actor=actor)
    with refused("key.of_authority"):
        export_pfx(root.certificate, actor=actor, password=PASSWORD)


@pytest.mark.parametrize("state", ["prepared", "abandoned"])
def test_what_was_never_issued_cannot_be_handed_out(
    state: str, certificate: Certificate, actor: Actor
) -> None:
    Certificate.objects.filter(pk=certificate.pk).update(state=state)
    certificate.refresh_from_db()
    with refused("certificate.not_issued"):
        export_key(certificate, actor=actor)


def test_the_key_of_a_revoked_certificate_can_still_be_had(
    certificate: Certificate, actor: Actor
) -> None:
    revoked = revoke(certificate, "superseded", actor=actor)
    assert export_key(revoked, actor=actor)


def test_a_key_that_was_moved_from_another_row_does_not_go_out(
    certificate: Certificate, root: Authority, actor: Actor
) -> None:
    PrivateKey.objects.filter(pk=certificate.private_key_id).update(
        sealed=PrivateKey.objects.get(pk=root.private_key_id).sealed
    )
    stored = Certificate.objects.get(pk=certificate.pk)
    with refused("vault.damaged"):
        export_key(stored, actor=actor)
