"""What people look for in a certificate, as text.

Texts that a stranger chose come without control characters, which a terminal would obey
and some databases refuse.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pki.x509 import keys, name_constraints, names
from pki.x509.reading import is_of_library

E = TypeVar("E", bound=x509.ExtensionType)

KEY_USAGES = {
    "digital_signature": "Digital signature",
    "content_commitment": "Content commitment",
    "key_encipherment": "Key encipherment",
    "data_encipherment": "Data encipherment",
    "key_agreement": "Key agreement",
    "key_cert_sign": "Certificate signing",
    "crl_sign": "CRL signing",
}

EXTENDED_KEY_USAGES = {
    ExtendedKeyUsageOID.SERVER_AUTH: "TLS server (serverAuth)",
    ExtendedKeyUsageOID.CLIENT_AUTH: "TLS client (clientAuth)",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSP signing",
    ExtendedKeyUsageOID.CODE_SIGNING: "Code signing",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "E-mail protection",
    ExtendedKeyUsageOID.TIME_STAMPING: "Time stamping",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "Any",
}


@dataclass(frozen=True)
class Facts:
    """A certificate, described. Fingerprints and identifiers are lower-case hexadecimal."""

    serial: str
    subject: str
    issuer: str
    common_name: str
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    key: str
    key_label: str
    public_key_sha256: str
    signature_algorithm: str
    sha1: str
    sha256: str
    is_authority: bool
    path_length: int | None
    key_usages: tuple[str, ...]
    extended_key_usages: tuple[str, ...]
    subject_key_identifier: str
    authority_key_identifier: str
    #: Of an authority: the names it may certify, in words.
    constraints: str
    #: Addresses of the issuer's certificate, of OCSP and of CRLs, as written in it.
    addresses: tuple[tuple[str, str], ...]


def describe(certificate: x509.Certificate) -> Facts:
    """Everything at once; parts that are absent are empty."""
    basic = extension(certificate, x509.BasicConstraints)
    subject_identifier = extension(certificate, x509.SubjectKeyIdentifier)
    issuer_identifier = extension(certificate, x509.AuthorityKeyIdentifier)
    limits = extension(certificate, x509.NameConstraints)
    key, key_label = key_texts(certificate)
    return Facts(
        serial=serial_hex(certificate),
        subject=subject(certificate),
        issuer=issuer(certificate),
        common_name=common_name(certificate),
        names=alternative_names(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=key,
        key_label=key_label,
        public_key_sha256=public_key_sha256(certificate),
        signature_algorithm=signature_algorithm(certificate),
        sha1=sha1(certificate),
        sha256=sha256(certificate),
        is_authority=bool(basic and basic.ca),
        path_length=basic.path_length if basic else None,
        key_usages=key_usages(certificate),
        extended_key_usages=extended_key_usages(certificate),
        subject_key_identifier=subject_identifier.digest.hex() if subject_identifier else "",
        authority_key_identifier=(
            (issuer_identifier.key_identifier or b"").hex() if issuer_identifier else ""
        ),
        constraints=name_constraints.in_words(limits) if limits else "",
        addresses=tuple(addresses(certificate)),
    )


def extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    """One extension's value; None when absent or unreadable."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except BaseException as error:
        if is_of_library(error):
            return None
        raise


def serial_hex(certificate: x509.Certificate) -> str:
    """Lower-case hexadecimal without leading zeros, as in addresses."""
    return f"{certificate.serial_number:x}"


def sha1(certificate: x509.Certificate) -> str:
    """SHA-1 of the DER: the thumbprint by which Windows names a certificate."""
    return hashlib.sha1(der(certificate), usedforsecurity=False).hexdigest()


def sha256(certificate: x509.Certificate) -> str:
    return hashlib.sha256(der(certificate)).hexdigest()


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def subject(certificate: x509.Certificate) -> str:
    """RFC 4514."""
    return names.printable(certificate.subject.rfc4514_string())


def issuer(certificate: x509.Certificate) -> str:
    """RFC 4514."""
    return names.printable(certificate.issuer.rfc4514_string())


def common_name(certificate: x509.Certificate) -> str:
    """The most specific common name of the subject; empty without one."""
    attributes = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return names.printable(str(attributes[-1].value)) if attributes else ""


def alternative_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Subject alternative names as text, in the certificate's order."""
    value = extension(certificate, x509.SubjectAlternativeName)
    return tuple(names.printable(names.display(name)) for name in value) if value else ()


def public_key_sha256(certificate: x509.Certificate) -> str:
    """SHA-256 of the SubjectPublicKeyInfo."""
    return keys.public_key_sha256(keys.of_certificate(certificate))


def key_texts(certificate: x509.Certificate) -> tuple[str, str]:
    """The key's specification and what people call it."""
    spec = keys.spec_of(keys.of_certificate(certificate))
    return str(spec), spec.label


def key_usages(certificate: x509.Certificate) -> tuple[str, ...]:
    value = extension(certificate, x509.KeyUsage)
    if value is None:
        return ()
    return tuple(label for name, label in KEY_USAGES.items() if getattr(value, name))


def extended_key_usages(certificate: x509.Certificate) -> tuple[str, ...]:
    value = extension(certificate, x509.ExtendedKeyUsage)
    if value is None:
        return ()
    return tuple(EXTENDED_KEY_USAGES.get(usage, usage.dotted_string) for usage in value)


def signature_algorithm(certificate: x509.Certificate) -> str:
    """As people say it: RSA with SHA-256."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return certificate.signature_algorithm_oid.dotted_string
    known = certificate.signature_algorithm_oid._name
    if algorithm is None:
        return "Ed25519" if "ed25519" in known.lower() else known
    scheme = "ECDSA" if "ecdsa" in known.lower() else "RSA"
    return f"{scheme} with {algorithm.name.upper().replace('SHA', 'SHA-')}"


def addresses(certificate: x509.Certificate) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    access = extension(certificate, x509.AuthorityInformationAccess)
    for description in access or ():
        kind = "OCSP" if description.access_method._name == "OCSP" else "Issuer's certificate"
        found.append((kind, names.printable(str(description.access_location.value))))
    points = extension(certificate, x509.CRLDistributionPoints)
    for point in points or ():
        found += [("CRL", names.printable(str(name.value))) for name in point.full_name or ()]
    return found
