"""Every file we hand out can be read again, with its password and no other."""

import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs7, pkcs12

from pki.x509 import bundles, keys
from pki.x509.bundles import PfxEncryption
from tests.interop.programs import path_of
from tests.pki.x509.refusals import refused

PASSWORD = "Пароль и 密码 🔑"

#: What openssl calls the encryption of the key and of the certificates, and the MAC.
SCHEMES = {
    PfxEncryption.COMPATIBLE: ("pbeWithSHA1And3-KeyTripleDES-CBC", "sha1", 50_000),
    PfxEncryption.MODERN: ("PBES2, PBKDF2, AES-256-CBC", "sha256", 100_000),
    PfxEncryption.LEGACY: ("pbeWithSHA1And3-KeyTripleDES-CBC", "sha1", 2_000),
}


@pytest.fixture
def made(
    rsa_key: rsa.RSAPrivateKey, server_certificate: x509.Certificate, root: x509.Certificate
) -> tuple[rsa.RSAPrivateKey, x509.Certificate, list[x509.Certificate]]:
    return rsa_key, server_certificate, [root]


Made = tuple[rsa.RSAPrivateKey, x509.Certificate, list[x509.Certificate]]


def test_a_certificate_is_the_same_in_every_form(
    server_certificate: x509.Certificate, root: x509.Certificate
) -> None:
    der, pem = bundles.der(server_certificate), bundles.pem(server_certificate)
    assert pem.startswith(b"-----BEGIN CERTIFICATE-----\n")
    assert pem.endswith(b"-----END CERTIFICATE-----\n")
    assert bundles.load_certificate(der) == bundles.load_certificate(pem) == server_certificate
    chain = bundles.chain_pem([server_certificate, root])
    assert chain == pem + bundles.pem(root)
    assert bundles.load_certificates(chain) == [server_certificate, root]


def test_certificates_of_windows_and_openssl_are_read(
    server_certificate: x509.Certificate, root: x509.Certificate
) -> None:
    both = [server_certificate, root]
    for encoding in (Encoding.PEM, Encoding.DER):
        p7b = pkcs7.serialize_certificates(both, encoding)
        assert sorted(map(hash, bundles.load_certificates(p7b))) == sorted(map(hash, both))
    windows = bundles.pem(root).replace(b"\n", b"\r\n")
    assert bundles.load_certificate(b"Bag Attributes\r\n" + windows) == root


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
     b"-----BEGIN NOTHING-----\n", b"\x30\x03\x02\x01\x00"],
)  # fmt: skip
def test_what_is_no_certificate_is_refused(data: bytes) -> None:
    with refused("certificate.unreadable", "certificate", ".cer"):
        bundles.load_certificate(data)


def test_a_certificate_of_an_unknown_version_is_refused(root: x509.Certificate) -> None:
    der = bundles.der(root).replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020109"), 1)
    with refused("certificate.unreadable", "certificate"):
        bundles.load_certificate(der)


def test_a_certificate_with_a_malformed_name_is_refused(root: x509.Certificate) -> None:
    der = bundles.der(root).replace(b"CM Agent CA", b"CM\xff\xfeent CA", 1)
    with refused("certificate.unreadable", "certificate"):
        bundles.load_certificate(der)


@pytest.mark.parametrize("password", ["secret", PASSWORD, "a" * 128, ""])
@pytest.mark.parametrize("encryption", list(PfxEncryption))
def test_a_pfx_holds_key_certificate_and_chain(
    encryption: PfxEncryption, password: str, made: Made
) -> None:
    key, certificate, chain = made
    data = bundles.pfx(*made, password, friendly_name="cm1", encryption=encryption)
    opened, its, others = bundles.open_pfx(data, password)
    assert opened is not None
    assert keys.matches(opened, key.public_key())
    assert its == certificate
    assert others == chain


@pytest.mark.parametrize("encryption", list(PfxEncryption))
def test_openssl_says_how_a_pfx_is_encrypted(
    encryption: PfxEncryption, made: Made, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("secret")
    data = bundles.pfx(*made, "secret", friendly_name="cm1", encryption=encryption)
    told = subprocess.run(
        [path_of("openssl"), "pkcs12", "-info", "-noout", "-passin", "file:password"],
        input=data, capture_output=True, check=True, cwd=tmp_path,
    ).stderr.decode()  # fmt: skip
    scheme, mac, rounds = SCHEMES[encryption]
    assert f"MAC: {mac}," in told
    assert told.count(f"{scheme}, Iteration {rounds}") == 2


def test_a_pfx_shows_the_friendly_name_it_was_given(made: Made) -> None:
    data = bundles.pfx(*made, "secret", friendly_name="cm1.example.com")
    loaded = pkcs12.load_pkcs12(data, b"secret").cert
    assert loaded is not None
    assert loaded.friendly_name == b"cm1.example.com"


@pytest.mark.parametrize("encryption", list(PfxEncryption))
def test_a_wrong_or_missing_password_is_its_own_refusal(
    encryption: PfxEncryption, made: Made
) -> None:
    data = bundles.pfx(*made, "secret", friendly_name="cm1", encryption=encryption)
    with refused("pfx.wrong_password", "password", "typing mistakes"):
        bundles.open_pfx(data, "Secret")
    with refused("pfx.password_needed", "password", "Enter it"):
        bundles.open_pfx(data, "")


def test_a_password_for_something_else_in_the_same_upload_does_no_harm(made: Made) -> None:
    data = bundles.pfx(*made, "", friendly_name="cm1")
    assert bundles.open_pfx(data, "for the key")[1] == made[1]


def test_a_password_is_limited_in_bytes(made: Made) -> None:
    assert len(bundles.password_bytes("я" * 64)) == 128
    with refused("password.too_long", "password", "128 bytes"):
        bundles.password_bytes("я" * 65)
    with refused("password.too_long", "password", "128 bytes"):
        bundles.pfx(*made, "a" * 129, friendly_name="cm1")


def test_a_password_that_is_no_text_is_refused(made: Made) -> None:
    data = bundles.pfx(*made, "secret", friendly_name="cm1")
    for attempt in (
        lambda: bundles.open_pfx(data, "secret\udcff"),
        lambda: bundles.pfx(*made, "secret\udcff", friendly_name="cm1"),
    ):
        with refused("password.not_text", "password", "UTF-8"):
            attempt()


@pytest.mark.parametrize("password", ["", "secret"])
@pytest.mark.parametrize("length", [0, 1, 100, -30])
def test_a_damaged_pfx_is_refused(length: int, password: str, made: Made) -> None:
    data = bundles.pfx(*made, "secret", friendly_name="cm1")
    with refused("pfx.unreadable", "files", "Export it once more"):
        bundles.open_pfx(data[:length], password)


def test_a_pfx_without_a_key_is_opened(root: x509.Certificate, now: datetime) -> None:
    data = pkcs12.serialize_key_and_certificates(None, None, None, [root], NoEncryption())
    key, certificate, others = bundles.open_pfx(data, "")
    assert key is None
    assert [found for found in (certificate, *others) if found] == [root]


def test_a_pfx_with_a_key_of_another_kind_is_refused(p521_key: ec.EllipticCurvePrivateKey) -> None:
    data = pkcs12.serialize_key_and_certificates(b"x", p521_key, None, None, NoEncryption())
    with refused("key.unsupported", "key", "P-384"):
        bundles.open_pfx(data, "")
