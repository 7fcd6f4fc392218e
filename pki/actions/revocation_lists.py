"""The revocation list of an authority, signed anew before it is out of date.

A list is signed when someone asks for one and the last says too little: a certificate was
revoked since, or half its time is gone. One process builds, the others go on with the last
list meanwhile; a list is stored only as the successor of the one its builder has seen, so
that no number is ever published twice.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.audit import record
from pki.actions.signer import signer_of
from pki.errors import Unavailable
from pki.models import Authority, Certificate, RevocationList
from pki.x509 import bundles, revocation_lists
from pki.x509.revocation_lists import LISTED_AFTER_EXPIRY, Entry

#: A builder that has not finished by now is gone.
BUILDING_LIMIT = timedelta(minutes=5)
#: A list is followed by the next one no sooner than this for each of its entries, so that a
#: very long one, revoked from all day, takes a tenth of a processor's time at most.
REST_BY_ENTRY = timedelta(microseconds=100)


def current_list(authority_id: UUID, *, actor: Actor = SYSTEM) -> RevocationList:
    """The newest list, without its ``der``, signed now if it has to be.

    Raises Authority.DoesNotExist, and Unavailable when the authority's key does not open.
    """
    row, revocations = known_list(authority_id)
    now = timezone.now()
    if is_fresh(row, revocations, now):
        return row
    if settings.WITHOUT_MASTER_KEYS:
        return published(row)
    if not claim(row, now):
        # Someone is at it. Only a list that is still valid is better than the same work twice.
        if row.next_update is not None and row.next_update > now:
            return row
        row, _ = known_list(authority_id)
    return sign_next(row, revocations, actor=actor)


def published(row: RevocationList) -> RevocationList:
    """What the clock signed last, on the public site, which cannot sign the next one."""
    if row.this_update is None:
        raise Unavailable(
            "The first revocation list of this root is being signed. Ask again in a minute.",
            code="revocation_list.not_yet",
        )
    return row


def next_due(authority_id: UUID) -> datetime | None:
    """When the list may be signed anew, if it says too little and rests; None if it is complete."""
    row, revocations = known_list(authority_id)
    if row.this_update is None or row.revocations == revocations:
        return None
    return row.this_update + REST_BY_ENTRY * row.entries


def known_list(authority_id: UUID) -> tuple[RevocationList, int]:
    """The stored list, and how many revocations there are now."""
    authority = Authority.objects.only("revocations").get(pk=authority_id)
    rows = RevocationList.objects.filter(pk=authority_id).defer("der")
    row = rows.first()
    if row is None:
        RevocationList.objects.bulk_create(
            [RevocationList(authority_id=authority_id)], ignore_conflicts=True
        )
        row = rows.get()
    return row, authority.revocations


def is_fresh(row: RevocationList, revocations: int, now: datetime) -> bool:
    if row.this_update is None or row.next_update is None:
        return False
    if now >= row.this_update + (row.next_update - row.this_update) / 2:
        return False
    if row.revocations == revocations:
        return True
    return now < row.this_update + REST_BY_ENTRY * row.entries


def claim(row: RevocationList, now: datetime) -> bool:
    """Whether the next list is this process's to build."""
    nobody = Q(building_since=None) | Q(building_since__lt=now - BUILDING_LIMIT)
    return bool(
        RevocationList.objects.filter(nobody, pk=row.pk, number=row.number).update(
            building_since=now
        )
    )


def sign_next(row: RevocationList, revocations: int, *, actor: Actor) -> RevocationList:
    """The successor of ``row``, or what another process stored as that meanwhile."""
    now = timezone.now()
    signer = signer_of(row.pk)
    try:
        signed = revocation_lists.build(
            entries(row.pk, now),
            signer.certificate,
            signer.open_key(),
            number=row.number + 1,
            this_update=now,
        )
    except Exception:
        RevocationList.objects.filter(pk=row.pk, number=row.number).update(building_since=None)
        raise
    successor = {
        "number": row.number + 1,
        "this_update": signed.last_update_utc,
        "next_update": signed.next_update_utc,
        "entries": len(signed),
        "revocations": revocations,
        "der": bundles.revocation_list_der(signed),
        "building_since": None,
    }
    with transaction.atomic():
        stored = RevocationList.objects.filter(pk=row.pk, number=row.number).update(**successor)
        if stored:
            record(
                actor,
                "revocation_list.signed",
                Authority(pk=row.pk, common_name=row.authority.common_name),
                number=row.number + 1,
                entries=len(signed),
            )
    return RevocationList.objects.defer("der").get(pk=row.pk)


def entries(authority_id: UUID, now: datetime) -> Iterator[Entry]:
    """Every revoked certificate that someone could still accept, read as they are needed."""
    revoked = Certificate.objects.filter(
        authority=authority_id,
        state=Certificate.State.REVOKED,
        not_after__gt=now - LISTED_AFTER_EXPIRY,
    ).order_by()
    rows = revoked.values_list("serial_number", "revoked_at", "revocation_reason")
    for serial, at, reason in rows.iterator(chunk_size=10_000):
        yield Entry(int(serial, 16), at or now, reason or "unspecified")


def list_der(row: RevocationList) -> bytes:
    """Apart from the rest: a list can have 50 MB, and most who ask have it already."""
    return bytes(RevocationList.objects.values_list("der", flat=True).get(pk=row.pk))
