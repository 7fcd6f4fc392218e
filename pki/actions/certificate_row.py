"""A certificate of the core as a row of the database."""

from typing import Any

from cryptography import x509

from pki.models import Certificate
from pki.x509 import bundles, facts, keys
from pki.x509.profiles import CROSS


def fields_of(certificate: x509.Certificate) -> dict[str, Any]:
    """Every field that a certificate has a value for."""
    return {
        **signed_fields(certificate),
        "subject": facts.subject(certificate)[:500],
        "issuer": facts.issuer(certificate)[:500],
        "common_name": facts.common_name(certificate)[:64],
        "names": list(facts.alternative_names(certificate)),
        "serial_number": facts.serial_hex(certificate),
        "key_algorithm": facts.key_texts(certificate)[0],
        "public_key_sha256": facts.public_key_sha256(certificate),
        "key_identity": keys.key_identity(keys.of_certificate(certificate)),
        "not_before": certificate.not_valid_before_utc,
        "not_after": certificate.not_valid_after_utc,
    }


def signed_fields(certificate: x509.Certificate) -> dict[str, Any]:
    """The fields that only a signed certificate has values for."""
    return {
        "sha1": facts.sha1(certificate),
        "sha256": facts.sha256(certificate),
        "der": bundles.der(certificate),
    }


def parsed(row: Certificate) -> x509.Certificate:
    """The certificate that ``row`` holds; it must have been issued."""
    return x509.load_der_x509_certificate(bytes(row.der))


def chain_of(row: Certificate) -> list[x509.Certificate]:
    """What comes after the certificate itself, up to and with the root where that is known.

    While a root is being replaced, what its successor signed leads up to the old root, so
    that clients that know only that one accept it; those that know the successor stop there.
    """
    if row.authority is not None:
        root, bridge = row.authority.certificate, row.authority.bridge
        if root.pk == row.pk:
            return []
        if bridge is None or bridge.authority is None or row.profile == CROSS.name:
            return [parsed(root)]
        return [parsed(bridge), parsed(bridge.authority.certificate)]
    return bundles.load_certificates(bytes(row.chain)) if row.chain else []
