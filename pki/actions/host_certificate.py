"""The certificate this host's own sites answer with: only one that serves both of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from pki.actions.certificate_row import chain_of, parsed
from pki.actions.own_names import canonical, is_host_entry
from pki.actions.stored_keys import open_key
from pki.errors import CertiflowError, Conflict, Unavailable
from pki.models import Authority, Certificate, PrivateKey, Server
from pki.x509 import bundles, keys
from pki.x509.checks import check_serves

#: Earlier certificates that are tried where the current one does not serve.
EARLIER = 10


@dataclass(frozen=True)
class HostCertificate:
    sha256: str
    #: The certificate and its issuers, PEM.
    chain_pem: bytes
    #: Unencrypted PKCS#8 PEM; never written where it stays.
    key_pem: bytes
    #: Why a newer one is not used; empty where this is the newest.
    refusal: str = ""

    def __repr__(self) -> str:
        return f"HostCertificate({self.sha256})"


def host_fingerprint() -> str:
    """SHA-256 of the current certificate of this host's entry; empty until there is one. One query.

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
    """What to answer with: the newest certificate of this host's entry that serves both sites.

    Where the current one does not, an earlier one that does, and then one that did before it
    expired, with ``refusal``. Raises InvalidInput ``host.…`` or Unavailable ``vault.…`` when
    there are some and none can be used.
    """
    roots, now, rows = current_roots(), timezone.now(), list(candidates())
    first: CertiflowError | None = None
    for at in (now, None):
        for row in rows:
            try:
                found = serving(row, roots, at)
            except CertiflowError as error:
                first = first or error
            else:
                return replace(found, refusal=first.message if first else "")
    if first is not None:
        raise first
    return None


def host_problem() -> str:
    """Why this host's sites cannot answer with its current certificate; empty when they can."""
    try:
        found = host_certificate()
    except CertiflowError as error:
        return error.message
    return found.refusal if found else ""


def candidates() -> Iterator[Certificate]:
    """The current one, then the earlier ones that are not revoked, the newest first."""
    rows = Certificate.objects.filter(private_key__isnull=False).select_related(
        "private_key", "authority__certificate", "authority__bridge__authority__certificate"
    )
    yield from rows.filter(current_for__fqdn=settings.HOST)
    earlier = rows.filter(server__fqdn=settings.HOST, state=Certificate.State.ISSUED)
    yield from earlier.filter(current_for=None).order_by("-issued_at", "-pk")[:EARLIER]


def serving(
    row: Certificate, roots: list[x509.Certificate], now: datetime | None
) -> HostCertificate:
    """Raises InvalidInput ``host.…`` where it would not serve; None as ``now`` ignores dates."""
    if row.private_key is None:
        raise Unavailable("This host's key is not kept here.", code="host.key")
    certificate, key = parsed(row), open_key(row.private_key)
    check_serves(certificate, key.public_key(), roots, host=canonical(settings.HOST), now=now)
    return HostCertificate(
        sha256=row.sha256,
        chain_pem=bundles.chain_pem([certificate, *chain_of(row)]),
        key_pem=keys.to_pem(key),
    )


def current_roots() -> list[x509.Certificate]:
    rows: QuerySet[Authority] = Authority.objects.filter(retired_at=None)
    return [parsed(row.certificate) for row in rows.select_related("certificate")]


def check_order_serves(
    server: Server, certificate: x509.Certificate, private_key: PrivateKey | None
) -> None:
    """A new certificate for this host's entry is put in force at once, so it has to serve.

    Raises Conflict ``host.…``.
    """
    if not is_host_entry(server):
        return
    try:
        if private_key is None:
            raise Conflict("The key of this host's certificate is made here.", code="host.key")
        check_serves(
            certificate,
            open_key(private_key).public_key(),
            current_roots(),
            host=canonical(settings.HOST),
            now=timezone.now(),
        )
    except CertiflowError as error:
        raise Conflict(
            f"{error.message} Both sites go on with the certificate they have.", code=error.code
        ) from None
