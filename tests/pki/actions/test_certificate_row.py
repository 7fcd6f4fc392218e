"""A certificate as a row: every field from the certificate itself."""

import subprocess
from pathlib import Path

from pki.actions.certificate_row import chain_of, fields_of, parsed, signed_fields
from pki.models import Authority, Certificate
from pki.x509 import bundles


def test_the_fields_are_what_openssl_reads(certificate: Certificate, tmp_path: Path) -> None:
    path = tmp_path / "certificate.der"
    path.write_bytes(bytes(certificate.der))
    fields = fields_of(parsed(certificate))
    read = dict(
        line.split("=", 1)
        for line in subprocess.run(
            ["openssl", "x509", "-in", path, "-noout", "-serial", "-fingerprint", "-sha256",
             "-subject", "-issuer", "-nameopt", "RFC2253"],
            capture_output=True, text=True, check=True,
        ).stdout.splitlines()
    )  # fmt: skip
    by_name = {name.lower(): value for name, value in read.items()}
    assert by_name["serial"].lower().lstrip("0") == fields["serial_number"]
    assert by_name["sha256 fingerprint"].replace(":", "").lower() == fields["sha256"]
    assert by_name["subject"] == fields["subject"] == "CN=cm1.example.com"
    assert by_name["issuer"] == fields["issuer"] == "CN=CM Agent CA"


def test_a_stored_row_has_exactly_these_fields(certificate: Certificate) -> None:
    stored = Certificate.objects.get(pk=certificate.pk)
    for name, value in fields_of(parsed(certificate)).items():
        found = getattr(stored, name)
        assert (bytes(found) if isinstance(found, memoryview) else found) == value, name


def test_only_a_signature_gives_fingerprints_and_der(certificate: Certificate) -> None:
    fields = signed_fields(parsed(certificate))
    assert set(fields) == {"sha1", "sha256", "der"}
    assert fields["der"] == bundles.der(parsed(certificate))


def test_the_chain_ends_with_the_root_and_the_root_has_none(
    certificate: Certificate, root: Authority
) -> None:
    assert chain_of(certificate) == [parsed(root.certificate)]
    assert chain_of(root.certificate) == []
