"""Certificate revocation lists (RFC 5280, section 5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from cryptography import x509

from pki.x509 import keys
from pki.x509.issuing import authority_key_identifier, signature_hash

#: From ``thisUpdate`` to ``nextUpdate``. A client may go on with a list for so long, so it is
#: short enough to matter and long enough to outlive a week in which nothing signs.
LIFETIME = timedelta(days=7)

#: How long a revoked certificate stays listed after it has expired: section 5 wants it in one
#: list beyond its validity at least.
LISTED_AFTER_EXPIRY = LIFETIME

#: The reasons of section 5.3.1 by the name that RFC writes.
REASONS = {reason.value: reason for reason in x509.ReasonFlags}


@dataclass(frozen=True, slots=True)
class Entry:
    """One revoked certificate; ``at`` is aware, ``reason`` a name of section 5.3.1."""

    serial_number: int
    at: datetime
    reason: str = "unspecified"


def build(
    entries: Iterable[Entry],
    issuer: x509.Certificate,
    key: keys.PrivateKey,
    *,
    number: int,
    this_update: datetime,
    lifetime: timedelta = LIFETIME,
) -> x509.CertificateRevocationList:
    """A complete list, signed. Takes time and memory linear in its entries.

    ``number`` is the CRL number of section 5.2.3, larger in each list of the issuer.
    """
    this_update = this_update.replace(microsecond=0)
    revoked = [revoked_certificate(entry) for entry in entries]
    # Given at once: `add_revoked_certificate` copies all that came before it each time.
    builder = (
        x509.CertificateRevocationListBuilder(revoked_certificates=revoked)
        .issuer_name(issuer.subject)
        .last_update(this_update)
        .next_update(this_update + lifetime)
        .add_extension(authority_key_identifier(issuer), critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    return builder.sign(key, signature_hash(key))


def revoked_certificate(entry: Entry) -> x509.RevokedCertificate:
    return x509.RevokedCertificateBuilder(
        entry.serial_number, naive(entry.at), list(reason_extensions(entry.reason))
    ).build()


def naive(at: datetime) -> datetime:
    """In whole seconds of UTC without a zone, as the builder keeps it."""
    offset = at.utcoffset() or timedelta()
    return (at - offset).replace(microsecond=0, tzinfo=None)


@cache
def reason_extensions(reason: str) -> tuple[x509.Extension[x509.CRLReason], ...]:
    """Left out when there is no particular reason, as section 5.3.1 asks."""
    if reason == "unspecified":
        return ()
    extension = x509.CRLReason(REASONS[reason])
    return (x509.Extension(extension.oid, False, extension),)
