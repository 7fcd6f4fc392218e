"""The active authority, reduced to what a signature takes."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from cryptography import x509
from django.conf import settings
from django.db.models import QuerySet

from pki.actions.stored_keys import open_key
from pki.errors import Conflict
from pki.models import Authority, PrivateKey
from pki.x509 import keys
from pki.x509.issuing import Addresses


@dataclass(frozen=True)
class Signer:
    authority_id: UUID
    certificate: x509.Certificate
    sealed_key: PrivateKey

    def open_key(self) -> keys.PrivateKey:
        """For one signature; it is not kept. Raises Unavailable ``vault.…``."""
        return open_key(self.sealed_key)

    @property
    def addresses(self) -> Addresses:
        """Where clients find the authority's certificate, if a public address is configured.

        CRL and OCSP addresses follow once both are published: an address that does not
        answer makes clients that check it wait or refuse.
        """
        if not settings.PUBLIC_URL:
            return Addresses()
        return Addresses(ca_issuers=f"{settings.PUBLIC_URL}/pki/{self.authority_id}.cer")


def active_signer() -> Signer:
    """The one that signs now. Raises Conflict ``authority.missing``."""
    for authority_id, der, key_id, sealed, public_key_sha256 in active().all():
        return Signer(
            authority_id=authority_id,
            certificate=x509.load_der_x509_certificate(bytes(der)),
            sealed_key=PrivateKey(pk=key_id, sealed=sealed, public_key_sha256=public_key_sha256),
        )
    raise Conflict(
        "There is no root yet, so nothing can be issued. Create or import one first.",
        code="authority.missing",
    )


@cache
def active() -> "QuerySet[Authority, tuple[Any, ...]]":
    """Built once and with these columns only: Django takes longer to name the fifty others
    than the database takes to answer, and every certificate begins here."""
    return Authority.objects.filter(active=True).values_list(
        "pk",
        "certificate__der",
        "private_key_id",
        "private_key__sealed",
        "private_key__public_key_sha256",
    )
