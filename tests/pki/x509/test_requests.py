"""A certificate request is read for what it asks, and only if its own key signed it."""

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import InvalidInput
from pki.x509 import keys, requests
from pki.x509.profiles import SERVER
from tests.interop.programs import path_of
from tests.pki.x509.fuzzing import damage, damaged, fuzzed, only_refusals
from tests.pki.x509.refusals import refused

CONFIGURATION = """
[req]
distinguished_name = subject
req_extensions = wanted
prompt = no
[subject]
O = Example
CN = cm1.example.com
[wanted]
subjectAltName = @names
keyUsage = critical,keyCertSign
basicConstraints = CA:TRUE
[names]
DNS.1 = CM1.example.com
DNS.2 = *.example.com
IP.1 = 10.0.0.5
IP.2 = 2001:db8::1
email.1 = a@example.com
DNS.3 = cm1.example.com
"""


@pytest.fixture(scope="module")
def made_by_openssl(
    tmp_path_factory: pytest.TempPathFactory, p256_key: ec.EllipticCurvePrivateKey
) -> bytes:
    folder = tmp_path_factory.mktemp("request")
    (folder / "request.cnf").write_text(CONFIGURATION)
    (folder / "request.key").write_bytes(keys.to_pem(p256_key))
    command = [path_of("openssl"), "req", "-new", "-config", "request.cnf", "-key", "request.key"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout


def request_for(*names: x509.GeneralName, key: keys.PrivateKey, common_name: str = "") -> bytes:
    subject = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.DER)


def test_a_request_made_by_openssl_is_read(
    made_by_openssl: bytes, p256_key: ec.EllipticCurvePrivateKey
) -> None:
    parsed = requests.parse(made_by_openssl)
    assert parsed.common_name == "cm1.example.com"
    assert parsed.names == ("cm1.example.com", "*.example.com", "10.0.0.5", "2001:db8::1")
    assert keys.matches(p256_key, parsed.public_key)
    assert str(parsed.spec) == "ec-p256"


def test_what_it_asks_beyond_names_is_told_and_not_given(made_by_openssl: bytes) -> None:
    ignored = requests.parse(made_by_openssl).ignored
    assert set(ignored) == {"keyUsage", "basicConstraints", "email:a@example.com"}


def test_pem_may_have_text_around_it(made_by_openssl: bytes) -> None:
    der = x509.load_pem_x509_csr(made_by_openssl).public_bytes(serialization.Encoding.DER)
    around = b"Subject: cm1\r\n" + made_by_openssl.replace(b"\n", b"\r\n") + b"\r\n"
    assert requests.parse(around) == requests.parse(made_by_openssl) == requests.parse(der)


@pytest.mark.parametrize("fixture", ["rsa_key", "p256_key", "p384_key", "ed25519_key"])
def test_a_request_with_every_kind_of_key_is_read(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    key: keys.PrivateKey = request.getfixturevalue(fixture)
    parsed = requests.parse(request_for(key=key))
    assert keys.matches(key, parsed.public_key)
    assert (parsed.common_name, parsed.names, parsed.ignored) == ("", (), ())


def test_a_weak_key_is_read_and_then_refused_by_the_profile(weak_key: rsa.RSAPrivateKey) -> None:
    parsed = requests.parse(request_for(key=weak_key))
    with refused("key.too_small", "key", "1024", "2048"):
        SERVER.check_key(parsed.spec)


@pytest.mark.parametrize(
    "data",
    [b"", b"junk", b"\x30\x82\x01", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END "
     b"CERTIFICATE REQUEST-----\n", "это не запрос".encode()],
)  # fmt: skip
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with refused("request.unreadable", "csr", "-----BEGIN CERTIFICATE REQUEST-----"):
        requests.parse(data)


def test_a_certificate_is_not_a_request(server_certificate: x509.Certificate) -> None:
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        with refused("request.unreadable", "csr"):
            requests.parse(server_certificate.public_bytes(encoding))


def test_a_private_key_sent_by_mistake_is_called_what_it_is(
    p256_key: ec.EllipticCurvePrivateKey,
) -> None:
    for password in (None, b"secret"):
        with refused("request.private_key", "csr", "private key", "seen by others"):
            requests.parse(keys.to_pem(p256_key, password))


def test_a_request_that_was_changed_after_signing_is_refused(made_by_openssl: bytes) -> None:
    der = x509.load_pem_x509_csr(made_by_openssl).public_bytes(serialization.Encoding.DER)
    changed = der.replace(b"*.example.com", b"*.exampie.com")
    assert changed != der
    with refused("request.signature", "csr", "damaged or changed"):
        requests.parse(changed)


def test_a_request_signed_by_another_key_is_refused(
    p256_key: ec.EllipticCurvePrivateKey,
) -> None:
    """Nobody gets a certificate for a public key whose private key they do not have."""
    other = ec.generate_private_key(ec.SECP256R1())
    der = request_for(key=p256_key)
    swapped = der.replace(
        keys.public_key_der(p256_key.public_key()), keys.public_key_der(other.public_key())
    )
    assert swapped != der
    with refused("request.signature", "csr"):
        requests.parse(swapped)


def test_ten_megabytes_are_refused_unread() -> None:
    with refused("request.too_large", "csr", "10,485,760", "65,536"):
        requests.parse(b"\x30" * 10 * 1024 * 1024)


def test_keys_of_other_kinds_are_refused(p521_key: ec.EllipticCurvePrivateKey) -> None:
    with refused("key.unsupported", "csr", "P-256"):
        requests.parse(request_for(key=p521_key))


@pytest.mark.parametrize(
    ("name", "code"),
    [("cm_1.example.com", "underscore"), ("cm1.example.com.", "trailing_dot"), ("*", "wildcard"),
     ("a b", "space"), ("", "empty")],
)  # fmt: skip
def test_names_that_no_certificate_here_may_have_are_refused(
    name: str, code: str, p256_key: ec.EllipticCurvePrivateKey
) -> None:
    with refused(f"name.{code}", "csr"):
        requests.parse(request_for(x509.DNSName(name), key=p256_key))


@fuzzed
@given(st.binary(max_size=400))
def test_random_bytes_are_refused_and_nothing_worse(data: bytes) -> None:
    with only_refusals():
        requests.parse(data)


@fuzzed
@given(changes=damage(), as_pem=st.booleans())
def test_a_damaged_request_is_refused_and_nothing_worse(
    changes: list[tuple[str, int, bytes]], as_pem: bool, made_by_openssl: bytes
) -> None:
    der = x509.load_pem_x509_csr(made_by_openssl).public_bytes(serialization.Encoding.DER)
    with only_refusals():
        requests.parse(damaged(made_by_openssl if as_pem else der, changes))


def test_no_changed_bit_of_what_was_signed_goes_unnoticed(
    p256_key: ec.EllipticCurvePrivateKey,
) -> None:
    der = request_for(x509.DNSName("cm1.example.com"), key=p256_key, common_name="cm1")
    signed = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    start = der.index(signed)
    for bit in range(0, 8 * len(signed), 3):
        wrong = bytearray(der)
        wrong[start + bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidInput):
            requests.parse(bytes(wrong))
