"""The roots that agents trust and whose workstations the agent site recognises."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pki.actions.certificate_row import parsed
from pki.models import Authority
from pki.x509 import bundles


@dataclass(frozen=True)
class TrustedRoot:
    #: Of the DER, lower-case hexadecimal.
    sha256: str
    pem: bytes
    authority_id: UUID
    made_at: datetime


def trusted_roots() -> list[TrustedRoot]:
    """The active one first; empty before the set-up. One query.

    While the root is being replaced there are two; none of those that are retired.
    """
    rows = Authority.objects.filter(retired_at=None).select_related("certificate")
    return [
        TrustedRoot(
            row.certificate.sha256, bundles.pem(parsed(row.certificate)), row.pk, row.created_at
        )
        for row in rows.order_by("-active", "created_at")
    ]


def newest_known(fingerprints: set[str], roots: list[TrustedRoot]) -> UUID | None:
    """Of the roots with these fingerprints the newest that is ours; None if none is."""
    known = [root for root in roots if root.sha256 in fingerprints]
    newest = max(known, key=lambda root: root.made_at, default=None)
    return newest.authority_id if newest else None
