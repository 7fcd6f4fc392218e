"""Key pairs are made, written and read in the forms that others use."""

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from pki.x509 import issuing, keys
from pki.x509.keys import KeySpec
from tests.interop.programs import path_of
from tests.pki.x509.conftest import NOW
from tests.pki.x509.refusals import refused

KEY_FIXTURES = ("rsa_key", "p256_key", "p384_key", "ed25519_key")


@pytest.fixture(params=KEY_FIXTURES)
def key(request: pytest.FixtureRequest) -> keys.PrivateKey:
    made: keys.PrivateKey = request.getfixturevalue(request.param)
    return made


def pem(key: Any, form: str = "PKCS8", password: bytes = b"") -> bytes:
    encryption: Any = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    written: bytes = key.private_bytes(
        serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), encryption
    )
    return written


def openssl(*arguments: str, data: bytes = b"") -> bytes:
    return subprocess.run(
        [path_of("openssl"), *arguments], input=data, capture_output=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("rsa-2048", "RSA 2048"),
        ("rsa-4096", "RSA 4096"),
        ("ec-p256", "EC P-256"),
        ("ec-p384", "EC P-384"),
        ("ed25519", "Ed25519"),
    ],
)
def test_a_kind_of_key_is_written_as_it_is_read(text: str, label: str) -> None:
    spec = KeySpec.parse(f" {text.upper()} ")
    assert str(spec) == text
    assert spec.label == label


@pytest.mark.parametrize(
    "text", ["", "rsa", "rsa-", "rsa-x", "rsa--1", "rsa-٢٠٤٨", "ec-p521", "ec", "dsa-2048",
             "ed25519-1", "ed448", "\ud800"],
)  # fmt: skip
def test_an_unknown_kind_of_key_is_refused_with_those_there_are(text: str) -> None:
    with refused("key.unknown", "key", "rsa-2048", "ec-p384"):
        KeySpec.parse(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("rsa-2048", rsa.RSAPrivateKey),
        ("ec-p256", ec.EllipticCurvePrivateKey),
        ("ec-p384", ec.EllipticCurvePrivateKey),
        ("ed25519", ed25519.Ed25519PrivateKey),
    ],
)
def test_a_new_key_is_of_the_kind_asked_for(text: str, kind: type) -> None:
    made = keys.generate(KeySpec.parse(text))
    assert isinstance(made, kind)
    assert str(keys.spec_of(made)) == str(keys.spec_of(made.public_key())) == text
    if isinstance(made, rsa.RSAPrivateKey):
        assert made.public_key().public_numbers().e == 65537


def test_a_key_survives_every_form_we_write(key: keys.PrivateKey) -> None:
    for written, password in (
        (keys.to_der(key), None),
        (keys.to_pem(key), None),
        (keys.to_pem(key, b"secret"), b"secret"),
        (keys.to_encrypted_der(key, b"secret"), b"secret"),
    ):
        assert keys.matches(keys.load(written, password), key.public_key())
    assert keys.matches(keys.load_trusted(keys.to_der(key)), key.public_key())


def test_pem_says_by_its_first_line_whether_it_is_encrypted(key: keys.PrivateKey) -> None:
    assert keys.to_pem(key).startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert keys.to_pem(key, b"pw").startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert keys.is_encrypted(keys.to_pem(key, b"pw"))
    assert keys.is_encrypted(keys.to_encrypted_der(key, b"pw"))
    assert not keys.is_encrypted(keys.to_pem(key))
    assert not keys.is_encrypted(keys.to_der(key))
    assert not keys.is_encrypted(b"junk")


def test_a_password_for_something_else_in_the_same_upload_does_no_harm(
    key: keys.PrivateKey,
) -> None:
    assert keys.matches(keys.load(keys.to_pem(key), b"for the pfx"), key.public_key())
    assert keys.matches(keys.load(keys.to_der(key), b"for the pfx"), key.public_key())


def test_the_older_forms_of_others_are_read(
    rsa_key: rsa.RSAPrivateKey, p256_key: ec.EllipticCurvePrivateKey
) -> None:
    for made in (rsa_key, p256_key):
        assert keys.matches(keys.load(pem(made, "TraditionalOpenSSL")), made.public_key())
        old = pem(made, "TraditionalOpenSSL", b"secret")
        assert b"Proc-Type: 4,ENCRYPTED" in old
        assert keys.matches(keys.load(old, b"secret"), made.public_key())
        with refused("key.password_needed", "password", "Enter its password"):
            keys.load(old)


@pytest.mark.parametrize("form", ["pem", "der"])
def test_a_wrong_or_missing_password_is_its_own_refusal(
    p256_key: ec.EllipticCurvePrivateKey, form: str
) -> None:
    write = keys.to_pem if form == "pem" else keys.to_encrypted_der
    written = write(p256_key, b"secret")
    with refused("key.password_needed", "password"):
        keys.load(written)
    with refused("key.password_needed", "password"):
        keys.load(written, b"")
    with refused("key.wrong_password", "password", "typing mistakes"):
        keys.load(written, b"Secret")


@pytest.mark.parametrize("password", [None, b"secret"])
@pytest.mark.parametrize(
    "data",
    [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
     b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x30\x82\x01"],
)  # fmt: skip
def test_what_is_no_key_is_refused(data: bytes, password: bytes | None) -> None:
    with refused("key.unreadable", "key", "PKCS#8"):
        keys.load(data, password)


def test_an_rsa_key_that_is_inconsistent_is_not_taken_in(rsa_key: rsa.RSAPrivateKey) -> None:
    """Signing with it would give the prime factors away."""
    der = keys.to_der(rsa_key)
    prime = rsa_key.private_numbers().p.to_bytes(128, "big")
    wrong = (rsa_key.private_numbers().p + 2).to_bytes(128, "big")
    assert prime in der
    with refused("key.unreadable", "key"):
        keys.load(der.replace(prime, wrong))


def test_keys_of_other_kinds_are_refused(p521_key: ec.EllipticCurvePrivateKey) -> None:
    old_curve = ec.generate_private_key(ec.SECP256K1())
    small_dsa = dsa.generate_private_key(1024)
    for other in (p521_key, old_curve, small_dsa):
        with refused("key.unsupported", "key", "RSA, EC on P-256 or P-384, and Ed25519"):
            keys.load(pem(other))
        with refused("key.unsupported", "key"):
            keys.supported_public(other.public_key())
    with refused("key.unsupported", "key"):
        keys.load(openssl("genpkey", "-algorithm", "X25519"))


def test_openssl_reads_our_key_and_prints_the_same_public_key(
    key: keys.PrivateKey, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("secret")
    printed = openssl(
        "pkey", "-pubout", "-outform", "DER", "-passin", f"file:{tmp_path / 'password'}",
        data=keys.to_pem(key, b"secret"),
    )  # fmt: skip
    assert printed == keys.public_key_der(key.public_key())
    assert keys.public_key_sha256(key.public_key()) == hashlib.sha256(printed).hexdigest()


def test_two_keys_do_not_match(key: keys.PrivateKey) -> None:
    other = keys.generate(keys.spec_of(key))
    assert keys.matches(key, key.public_key())
    assert not keys.matches(key, other.public_key())
    assert not keys.matches(key, None)


def test_the_key_of_a_certificate_is_read_or_refused(
    root: Any, p384_key: ec.EllipticCurvePrivateKey, ed25519_key: ed25519.Ed25519PrivateKey
) -> None:
    assert keys.matches(p384_key, keys.of_certificate(root))
    certificate = issuing.temporary_certificate("cm1.example.com", p384_key, now=NOW)
    der = certificate.public_bytes(serialization.Encoding.DER)
    unknown_curve = der.replace(bytes.fromhex("06052b81040022"), bytes.fromhex("06052b8104007f"))
    with refused("key.unsupported", "key"):
        keys.of_certificate(x509.load_der_x509_certificate(unknown_curve))
