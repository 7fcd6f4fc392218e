"""One key of each kind, made once, and a small family of certificates."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from pki.x509 import issuing
from pki.x509.profiles import SERVER

NOW = datetime(2026, 3, 1, 12, 30, 45, 123456, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def weak_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


@pytest.fixture(scope="session")
def p256_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def p384_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


@pytest.fixture(scope="session")
def p521_key() -> ec.EllipticCurvePrivateKey:
    """Of a kind that is not offered."""
    return ec.generate_private_key(ec.SECP521R1())


@pytest.fixture(scope="session")
def ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


@pytest.fixture(scope="session")
def root(p384_key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Of the key p384_key, a year old."""
    return issuing.root("CM Agent CA", p384_key, now=NOW - timedelta(days=365))


@pytest.fixture(scope="session")
def server_certificate(
    rsa_key: rsa.RSAPrivateKey,
    root: x509.Certificate,
    p384_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """Of the key rsa_key, signed by the root."""
    request = issuing.CertificateRequest(
        SERVER, "cm1.example.com", rsa_key.public_key(), ("cm1.example.com", "10.0.0.5")
    )
    addresses = issuing.Addresses(
        ca_issuers="http://pki.example.com/pki/1.cer",
        crl="http://pki.example.com/pki/1.crl",
        ocsp="http://pki.example.com/ocsp/",
    )
    prepared = issuing.prepare(request, root, now=NOW, addresses=addresses)
    return issuing.issue(prepared, p384_key)
