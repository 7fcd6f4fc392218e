"""Renderings of a certificate and its key: .cer, .key, .pfx (RFC 7292) and the chain.

Made on demand from what is stored; nothing here is kept.
"""

import contextlib
import re
from collections.abc import Sequence
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from pki.errors import InvalidInput
from pki.x509 import facts, keys
from pki.x509.bounded_opening import refuse_costly
from pki.x509.reading import reading

#: Bytes of UTF-8. Windows takes 32 characters in its dialogs and more from PowerShell.
PASSWORD_LIMIT = 128


#: A sequence of any length that begins with version 3 (RFC 7292, section 4).
PFX_START = re.compile(
    rb"\x30(?:[\x00-\x80]|\x81.|\x82..|\x83.{3}|\x84.{4})\x02\x01\x03", re.DOTALL
)


class PfxEncryption(Enum):
    """How a .pfx is encrypted, which decides who can open it (docs/decisions/0004)."""

    #: 3DES and SHA-1: everything opens it, Windows Server 2016 included.
    COMPATIBLE = "compatible"
    #: AES-256 and SHA-256: Windows Server 2019 and later, OpenSSL 1.1 and later, Java 8u301.
    MODERN = "modern"
    #: As COMPATIBLE with the few iterations that systems before Windows Vista take.
    LEGACY = "legacy"


#: Rounds of the key derivation for key and certificates; Windows refuses files above 600,000.
#: The MAC has 2,048 in each, which the library fixes: the password must be a good one.
ROUNDS = {
    PfxEncryption.COMPATIBLE: 50_000,
    PfxEncryption.MODERN: 100_000,
    PfxEncryption.LEGACY: 2_000,
}


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def revocation_list_der(signed: x509.CertificateRevocationList) -> bytes:
    return signed.public_bytes(Encoding.DER)


def pem(certificate: x509.Certificate) -> bytes:
    """PEM with its final line feed (RFC 7468)."""
    return certificate.public_bytes(Encoding.PEM)


def chain_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """End-entity certificate first, as TLS servers read it (RFC 8446, section 4.4.2)."""
    return b"".join(pem(certificate) for certificate in certificates)


def load_certificate(data: bytes) -> x509.Certificate:
    """The first certificate in PEM or DER. Raises InvalidInput ``certificate.unreadable``."""
    return load_certificates(data)[0]


def unreadable_certificate() -> InvalidInput:
    return InvalidInput(
        "This is not a certificate. A .cer, .crt or .pem file, in PEM or DER, is needed.",
        code="certificate.unreadable",
        field="certificate",
    )


@reading(unreadable_certificate)
def load_certificates(data: bytes) -> list[x509.Certificate]:
    """All certificates in PEM, DER or PKCS#7 (.p7b). Raises ``certificate.unreadable``."""
    readers = (
        [x509.load_pem_x509_certificates, pkcs7.load_pem_pkcs7_certificates]
        if b"-----BEGIN" in data
        else [lambda der: [x509.load_der_x509_certificate(der)], pkcs7.load_der_pkcs7_certificates]
    )
    for read in readers:
        try:
            found = read(data)
        except Exception:  # noqa: S112 - of whatever kind: the other reader is tried then.
            continue
        if found and all(map(is_readable, found)):
            return found
    raise unreadable_certificate()


def is_readable(certificate: x509.Certificate) -> bool:
    """Whether all that is shown and stored of it is well formed, which is read only now."""
    try:
        with reading(unreadable_certificate):
            facts.describe(certificate)
    except InvalidInput as error:
        # Of a chain, an issuer's key may be of another kind.
        return error.code == "key.unsupported"
    return True


def pfx(
    key: keys.PrivateKey,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    password: str,
    *,
    friendly_name: str,
    encryption: PfxEncryption = PfxEncryption.COMPATIBLE,
) -> bytes:
    """A PKCS#12 file with key, certificate and chain; ``password`` may be empty.

    Raises InvalidInput ``password.too_long`` or ``password.not_text``.
    """
    encoded = password_bytes(password)
    return pkcs12.serialize_key_and_certificates(
        friendly_name.encode(), key, certificate, list(chain), pfx_encryption(encoded, encryption)
    )


def pfx_encryption(encoded: bytes, encryption: PfxEncryption) -> KeySerializationEncryption:
    if not encoded:
        return NoEncryption()
    modern = encryption is PfxEncryption.MODERN
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS[encryption])
        .key_cert_algorithm(
            pkcs12.PBES.PBESv2SHA256AndAES256CBC
            if modern
            else pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC
        )
        .hmac_hash(hashes.SHA256() if modern else hashes.SHA1())  # noqa: S303
        .build(encoded)
    )


def password_bytes(password: str) -> bytes:
    encoded = secret(password)
    if len(encoded) > PASSWORD_LIMIT:
        raise InvalidInput(
            f"The password is longer than {PASSWORD_LIMIT} bytes, which some systems cut off. "
            "Choose a shorter one.",
            code="password.too_long",
            field="password",
        )
    return encoded


def secret(password: str) -> bytes:
    """UTF-8, as readers of keys and PFX files expect it. Raises ``password.not_text``."""
    try:
        return password.encode()
    except UnicodeEncodeError:
        raise InvalidInput(
            "The password has bytes in it that are no text in UTF-8. Check the terminal's or the "
            "file's encoding and enter it again.",
            code="password.not_text",
            field="password",
        ) from None


def unreadable_pfx() -> InvalidInput:
    return InvalidInput(
        "The PFX file cannot be read: it is damaged, or of another kind. Export it once more.",
        code="pfx.unreadable",
        field="files",
    )


@reading(unreadable_pfx)
def open_pfx(
    data: bytes, password: str
) -> tuple[keys.PrivateKey | None, x509.Certificate | None, list[x509.Certificate]]:
    """Key, its certificate and the others.

    Raises InvalidInput ``pfx.wrong_password``, ``pfx.iterations`` or ``pfx.unreadable``.
    """
    encoded = secret(password) or None
    if not PFX_START.match(data):
        raise unreadable_pfx()
    refuse_costly(data, encoded or b"", kind="pfx")
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, encoded)
    except ValueError as error:
        if "password" not in str(error).lower():
            raise unreadable_pfx() from None
        if not encoded:
            raise wrong_password(given=False) from None
        with contextlib.suppress(InvalidInput):
            return open_pfx(data, "")  # The password was for something else in the same upload.
        raise wrong_password(given=True) from None
    if not all(is_readable(found) for found in (certificate, *others) if found):
        raise unreadable_pfx()
    return (keys.supported(key) if key else None), certificate, others


def wrong_password(*, given: bool) -> InvalidInput:
    if not given:
        return InvalidInput(
            "The PFX file is protected by a password. Enter it.",
            code="pfx.password_needed",
            field="password",
        )
    return InvalidInput(
        "The password does not open the PFX file. Check it for typing mistakes and enter it again.",
        code="pfx.wrong_password",
        field="password",
    )
