"""What people read about a certificate is what openssl prints about it."""

import subprocess
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pki.x509 import facts, issuing, keys
from tests.interop.programs import path_of
from tests.pki.x509.refusals import refused


def openssl(certificate: x509.Certificate, *arguments: str) -> str:
    done = subprocess.run(
        [path_of("openssl"), "x509", "-noout", *arguments],
        input=certificate.public_bytes(serialization.Encoding.PEM),
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def hexadecimal(printed: str) -> str:
    return printed.partition("=")[2].replace(":", "").lower()


def test_numbers_and_fingerprints_are_those_that_openssl_prints(
    server_certificate: x509.Certificate,
) -> None:
    found = facts.describe(server_certificate)
    serial = hexadecimal(openssl(server_certificate, "-serial"))
    assert found.serial == serial.lstrip("0")
    assert found.sha1 == hexadecimal(openssl(server_certificate, "-fingerprint", "-sha1"))
    assert found.sha256 == hexadecimal(openssl(server_certificate, "-fingerprint", "-sha256"))
    identifiers = openssl(server_certificate, "-ext", "subjectKeyIdentifier,authorityKeyIdentifier")
    printed = identifiers.replace(":", "").lower()
    assert found.subject_key_identifier in printed
    assert found.authority_key_identifier in printed
    assert len(found.subject_key_identifier) == len(found.authority_key_identifier) == 40


def test_a_server_certificate_is_described_in_full(
    server_certificate: x509.Certificate, rsa_key: rsa.RSAPrivateKey, now: datetime
) -> None:
    found = facts.describe(server_certificate)
    assert found.subject == "CN=cm1.example.com"
    assert found.issuer == "CN=CM Agent CA"
    assert found.common_name == "cm1.example.com"
    assert found.names == ("cm1.example.com", "10.0.0.5")
    assert found.not_before == now.replace(microsecond=0) - timedelta(minutes=5)
    assert found.not_after == server_certificate.not_valid_after_utc
    assert (found.key, found.key_label) == ("rsa-2048", "RSA 2048")
    assert found.public_key_sha256 == keys.public_key_sha256(rsa_key.public_key())
    assert found.signature_algorithm == "ECDSA with SHA-384"
    assert not found.is_authority
    assert found.path_length is None
    assert found.key_usages == ("Digital signature", "Key encipherment")
    assert found.extended_key_usages == ("TLS server (serverAuth)",)
    assert set(found.addresses) == {
        ("OCSP", "http://pki.example.com/ocsp/"),
        ("Issuer's certificate", "http://pki.example.com/pki/1.cer"),
        ("CRL", "http://pki.example.com/pki/1.crl"),
    }


def test_a_root_is_described_as_an_authority(root: x509.Certificate) -> None:
    found = facts.describe(root)
    assert found.is_authority
    assert found.path_length is None
    assert found.key_usages == ("Certificate signing", "CRL signing")
    assert found.names == found.extended_key_usages == found.addresses == ()
    assert found.authority_key_identifier == ""


@pytest.mark.parametrize(
    ("fixture", "words"),
    [("rsa_key", "RSA with SHA-256"), ("p256_key", "ECDSA with SHA-256")],
)
def test_a_signature_is_named_as_people_say_it(
    fixture: str, words: str, request: pytest.FixtureRequest, now: datetime
) -> None:
    root = issuing.root("CM Agent CA", request.getfixturevalue(fixture), now=now)
    assert facts.describe(root).signature_algorithm == words


def bare(key: keys.PrivateKey, now: datetime, *extensions: x509.ExtensionType) -> x509.Certificate:
    """From elsewhere, with nothing in it but what is given."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([])).issuer_name(x509.Name.from_rfc4514_string("O=Elsewhere"))
        .public_key(key.public_key()).serial_number(10)
        .not_valid_before(now).not_valid_after(now + timedelta(days=9))
    )  # fmt: skip
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm)


def test_parts_that_are_absent_are_empty(
    ed25519_key: ed25519.Ed25519PrivateKey, now: datetime
) -> None:
    found = facts.describe(bare(ed25519_key, now))
    assert found.serial == "a"
    assert found.subject == found.common_name == found.subject_key_identifier == ""
    assert found.names == found.key_usages == found.extended_key_usages == found.addresses == ()
    assert found.signature_algorithm == "Ed25519"
    assert found.key_label == "Ed25519"


def test_usages_without_a_name_here_are_shown_by_number(
    p256_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.2")])
    assert facts.describe(bare(p256_key, now, usage)).extended_key_usages == (
        "1.3.6.1.4.1.311.20.2.2",
    )


def test_an_extension_that_cannot_be_read_counts_as_absent(
    p256_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    damaged = x509.UnrecognizedExtension(x509.BasicConstraints.oid, b"\x30\x05\x01")
    found = facts.describe(bare(p256_key, now, damaged))
    assert not found.is_authority


def test_an_extension_written_twice_counts_as_absent(
    p256_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    """Which of the two a client would believe is not known."""
    basic = x509.BasicConstraints(True, None)
    usage = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.99"), b"\x30\x03\x01\x01\xff")
    der = facts.der(bare(p256_key, now, basic, usage))
    twice = der.replace(bytes.fromhex("0603551d63"), bytes.fromhex("0603551d13"))
    assert not facts.describe(x509.load_der_x509_certificate(twice)).is_authority


def test_a_certificate_with_a_key_of_another_kind_is_refused(
    p521_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    certificate = bare(p521_key, now)  # type: ignore[arg-type]
    with refused("key.unsupported", "key", "P-384"):
        facts.describe(certificate)


def test_control_characters_of_a_stranger_are_not_passed_on(
    p256_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    """A terminal would obey them, and PostgreSQL stores no NUL."""
    names = x509.SubjectAlternativeName([x509.DNSName("a\x00b"), x509.RFC822Name("a\x1b[2J")])
    address = x509.UniformResourceIdentifier("http://example.com/\x1b")
    point = x509.DistributionPoint([address], None, None, None)
    der = facts.der(bare(p256_key, now, names, x509.CRLDistributionPoints([point])))
    found = facts.describe(
        x509.load_der_x509_certificate(der.replace(b"Elsewhere", b"Else\x1b[2J\x00"))
    )
    assert found.names == ("a�b", "email:a�[2J")
    assert found.addresses == (("CRL", "http://example.com/�"),)
    assert found.issuer.isprintable()
    assert found.issuer.startswith("O=Else�[2J")
