"""The certificate this host's own sites answer with."""

from dataclasses import dataclass

from django.conf import settings

from pki.actions.certificate_row import chain_of, parsed
from pki.actions.stored_keys import open_key
from pki.models import Certificate, Server
from pki.x509 import bundles, keys


@dataclass(frozen=True)
class HostCertificate:
    sha256: str
    #: The certificate and its issuers, PEM.
    chain_pem: bytes
    #: Unencrypted PKCS#8 PEM; never written where it stays.
    key_pem: bytes

    def __repr__(self) -> str:
        return f"HostCertificate({self.sha256})"


def host_fingerprint() -> str:
    """SHA-256 of the certificate to answer with; empty until there is one. One query.

    Also when it is revoked or expired: a browser that has pinned HTTPS to this name can
    pass by neither, and the certificate it knows says more than one nobody knows.
    """
    return (
        Server.objects.filter(
            fqdn=settings.HOST,
            certificate__private_key__isnull=False,
        )
        .values_list("certificate__sha256", flat=True)
        .first()
        or ""
    )


def host_certificate() -> HostCertificate | None:
    """The current certificate of the server that is this host, with its key."""
    sha256 = host_fingerprint()
    if not sha256:
        return None
    row = Certificate.objects.select_related(
        "private_key", "authority__certificate", "authority__bridge"
    ).get(sha256=sha256)
    if row.private_key is None:
        return None
    return HostCertificate(
        sha256=sha256,
        chain_pem=bundles.chain_pem([parsed(row), *chain_of(row)]),
        key_pem=keys.to_pem(open_key(row.private_key)),
    )
