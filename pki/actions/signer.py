"""The active authority, reduced to what a signature takes."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography import x509
from django.conf import settings
from django.db.models import QuerySet

from pki.actions import statements
from pki.actions.key_ring import current_ring
from pki.actions.stored_keys import open_key
from pki.errors import Conflict, Unavailable
from pki.models import Authority, PrivateKey
from pki.vault import sealing
from pki.vault.ring import KeyRing
from pki.x509 import keys
from pki.x509.issuing import Addresses


@dataclass(frozen=True)
class Signer:
    authority_id: UUID
    certificate: x509.Certificate
    sealed_key: PrivateKey

    def open_key(self) -> keys.PrivateKey:
        """Raises Unavailable ``vault.…`` as soon as the record or the ring is another."""
        row = self.sealed_key
        try:
            return opened(bytes(row.sealed), row.associated_data, current_ring())
        except Unavailable as error:
            if error.code != "vault.unknown_key":
                raise
            return open_key(row)

    @property
    def addresses(self) -> Addresses:
        """Where clients find the authority's certificate and its revocations.

        Empty unless a public address is configured: one that does not answer makes clients
        that check it wait or refuse.
        """
        return addresses_of(self.authority_id)


def addresses_of(authority_id: UUID) -> Addresses:
    base = settings.PUBLIC_URL
    if not base:
        return Addresses()
    return Addresses(
        ca_issuers=f"{base}/pki/{authority_id}.cer",
        crl=f"{base}/pki/{authority_id}.crl",
        ocsp=f"{base}/ocsp/",
    )


@lru_cache(maxsize=2)
def opened(sealed: bytes, associated_data: bytes, ring: KeyRing) -> keys.PrivateKey:
    """The key, kept open in this process, which holds the ring that opens it anyway.

    What it saves is not the opening: the first RSA-4096 signature of a key that was just
    loaded takes half as long again as every later one, for OpenSSL prepares the key then.
    """
    return keys.load_trusted(sealing.open_sealed(sealed, associated_data, ring))


def active_signer() -> Signer:
    """The one that signs now. Raises Conflict ``authority.missing``."""
    for row in statements.read(active):
        return signer(*row)
    raise Conflict(
        "There is no root yet, so nothing can be issued. Create or import one first.",
        code="authority.missing",
    )


def signer_of(authority_id: UUID) -> Signer:
    """Of an authority that may not be the active one any more, for what only it can sign."""
    return signer(*as_signer(Authority.objects.filter(pk=authority_id)).get())


def signer(authority_id: Any, der: Any, key_id: Any, sealed: Any, public_key_sha256: str) -> Signer:
    return Signer(
        authority_id=UUID(str(authority_id)),
        certificate=x509.load_der_x509_certificate(bytes(der)),
        sealed_key=PrivateKey(
            pk=UUID(str(key_id)), sealed=bytes(sealed), public_key_sha256=public_key_sha256
        ),
    )


def active() -> "QuerySet[Authority, tuple[Any, ...]]":
    return as_signer(Authority.objects.filter(active=True))


def as_signer(authorities: "QuerySet[Authority]") -> "QuerySet[Authority, tuple[Any, ...]]":
    return authorities.values_list(
        "pk",
        "certificate__der",
        "private_key_id",
        "private_key__sealed",
        "private_key__public_key_sha256",
    )
