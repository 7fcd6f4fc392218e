"""Which public keys may be certified (once more): none that is known to others or taken."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from pki.actions import statements
from pki.errors import InvalidInput
from pki.models import Certificate
from pki.models.certificate import COMPROMISED
from pki.x509.profiles import AUTHORITIES

State = Certificate.State


@dataclass(frozen=True)
class Holder:
    """Whom a certificate speaks for: one of the two, or neither for the product's own."""

    server_id: int | None = None
    workstation_id: int | None = None


def lock_key(key_identity: str) -> None:
    """Until the transaction ends nobody else decides about this key.

    SQLite has one writer at a time anyway. Taken before any lock on a certificate's row.
    """
    if connection.vendor == "postgresql":
        number = int.from_bytes(bytes.fromhex(key_identity)[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def refuse_taken_key(key_identity: str, holder: Holder, *, field: str) -> None:
    """Part of the transaction that stores a certificate, or the reservation of one.

    Raises InvalidInput on ``field``: ``key.compromised`` when any certificate with this key was
    revoked as compromised, ``key.of_authority`` when an authority or an OCSP responder has it,
    ``key.in_use`` when it is in force for another server or workstation, and for a workstation
    ``key.used_before`` when any certificate with it was revoked. Cross-certificates, which are
    for an authority's own key, do not come here.
    """
    lock_key(key_identity)
    now = timezone.now()
    rows = statements.read(certified, key_identity)
    if any(state == State.REVOKED and reason in COMPROMISED for state, reason, *_ in rows):
        raise compromised_key(field)
    for state, _, profile, *held_by, common_name, not_after in rows:
        if profile in AUTHORITIES and state in {State.ISSUED, State.REVOKED}:
            raise authoritys_key(field)
        in_force = state == State.PREPARED or (state == State.ISSUED and in_utc(not_after) > now)
        if in_force and Holder(*held_by) != holder:
            raise key_in_use(common_name, field)
        # Its key is all an agent needs to be its workstation: what was revoked was that.
        if state == State.REVOKED and holder.workstation_id is not None:
            raise key_used_before(field)


def in_utc(moment: datetime) -> datetime:
    """SQLite's driver gives moments without a zone."""
    return moment.replace(tzinfo=UTC) if timezone.is_naive(moment) else moment


def is_compromised(key_identity: str) -> bool:
    return Certificate.objects.filter(
        key_identity=key_identity,
        state=State.REVOKED,
        revocation_reason__in=COMPROMISED,
    ).exists()


def certified() -> "QuerySet[Certificate, tuple[Any, ...]]":
    return (
        Certificate.objects.filter(key_identity="")
        .order_by()
        .values_list(
            "state",
            "revocation_reason",
            "profile",
            "server_id",
            "workstation_id",
            "common_name",
            "not_after",
        )
    )


def compromised_key(field: str) -> InvalidInput:
    return InvalidInput(
        "This key was revoked as compromised, so others may know it and it is never certified "
        "again. Make a new key and use that.",
        code="key.compromised",
        field=field,
    )


def key_used_before(field: str) -> InvalidInput:
    return InvalidInput(
        "The key of this certificate request was used before, by another workstation or in a "
        "revoked certificate. Make a new key.",
        code="key.used_before",
        field=field,
    )


def authoritys_key(field: str) -> InvalidInput:
    return InvalidInput(
        "This key belongs to an authority or an OCSP responder. Nobody else is certified for it, "
        "since its holder could sign in the authority's name. Make a new key and use that.",
        code="key.of_authority",
        field=field,
    )


def key_in_use(common_name: str, field: str) -> InvalidInput:
    return InvalidInput(
        f"This key is in use for “{common_name}”. Each server and workstation has a key of its "
        "own, so that one that is stolen speaks for one of them only. Make a new key and use that.",
        code="key.in_use",
        field=field,
    )
