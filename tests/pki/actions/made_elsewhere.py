"""Certificate requests and foreign certificates, made without any of our own code."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def csr(common_name: str = "", *names: str, key: Key | None = None) -> bytes:
    """A request in PEM."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        name(common_name) if common_name else x509.Name([])
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(text) for text in names]), critical=False
        )
    return builder.sign(key or new_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def root(
    common_name: str = "Corporate Root",
    *,
    key: Key,
    ca: bool = True,
    days: tuple[int, int] = (-1, 3650),
    cert_sign: bool = True,
) -> x509.Certificate:
    return certificate(
        common_name, (), key=key, issuer=None, issuer_key=key, ca=ca, days=days, cert_sign=cert_sign
    )


def certificate(
    common_name: str,
    names: tuple[str, ...],
    *,
    key: Key,
    issuer: x509.Certificate | None,
    issuer_key: Key,
    server_auth: bool = True,
    ca: bool = False,
    days: tuple[int, int] = (-1, 300),
    cert_sign: bool = True,
) -> x509.Certificate:
    """Valid from and to so many days from now."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(common_name) if common_name else x509.Name([]))
        .issuer_name(issuer.subject if issuer else name(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(True, None), critical=True)
        builder = builder.add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=cert_sign,
                crl_sign=True, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )  # fmt: skip
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(text) for text in names]), critical=False
        )
    if server_auth and not ca:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(issuer_key, hashes.SHA256())
