"""The roots that agents trust and whose workstations the agent site recognises."""

from dataclasses import dataclass

from pki.actions.certificate_row import parsed
from pki.models import Certificate
from pki.x509 import bundles


@dataclass(frozen=True)
class TrustedRoot:
    #: Of the DER, lower-case hexadecimal.
    sha256: str
    pem: bytes


def trusted_roots() -> list[TrustedRoot]:
    """The active one first; empty before the set-up. One query."""
    rows = Certificate.objects.filter(authority_of__isnull=False).order_by(
        "-authority_of__active", "pk"
    )
    return [TrustedRoot(row.sha256, bundles.pem(parsed(row))) for row in rows]
