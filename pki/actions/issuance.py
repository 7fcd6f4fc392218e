"""How a certificate comes to be: reserve, sign, store.

The serial number and everything else that will be signed is committed before the key
is used. A crash in between leaves a row that `close_unfinished` reports and closes:
never a signed certificate nobody knows of (docs/decisions/0002).
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.authorities import active_authority, addresses_of
from pki.actions.certificate_row import fields_of, parsed
from pki.actions.stored_keys import open_key
from pki.errors import Conflict
from pki.models import AuditEvent, Authority, Certificate, PrivateKey, Server
from pki.x509 import issuing, keys
from pki.x509.issuing import CertificateRequest, Prepared

#: A reservation older than this belongs to a process that is gone.
ABANDONED_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class Order:
    """What to issue and what it belongs to."""

    request: CertificateRequest
    source: str
    server: Server | None = None
    #: The sealed key the certificate is for; unsaved when it is new, None for a CSR's.
    private_key: PrivateKey | None = None
    replaces: Certificate | None = None


def issue(order: Order, *, actor: Actor) -> Certificate:
    """The issued certificate, stored. Raises what the core and `reserve` raise."""
    authority = active_authority()
    prepared = issuing.prepare(
        order.request,
        parsed(authority.certificate),
        now=timezone.now(),
        addresses=addresses_of(authority),
    )
    row = reserve(order, prepared, authority, actor)
    try:
        certificate = issuing.issue(prepared, open_key(authority.private_key))
    except Exception:
        abandon(row, actor, reason="The signature failed.")
        raise
    with transaction.atomic():
        stored = Certificate.objects.filter(pk=row.pk, state=Certificate.State.PREPARED).update(
            state=Certificate.State.ISSUED,
            issued_at=timezone.now(),
            **fields_of(certificate),
        )
        if not stored:
            raise Conflict(
                "Issuing took so long that the reservation was closed meanwhile. Nothing was "
                "issued; try again.",
                code="certificate.reservation_closed",
            )
        row.refresh_from_db()
        if order.server is not None:
            Server.objects.filter(pk=order.server.pk).update(certificate=row)
        record_issued(order, row, actor)
    return row


def record_issued(order: Order, row: Certificate, actor: Actor) -> None:
    record(
        actor,
        "certificate.renewed" if order.replaces else "certificate.issued",
        row,
        names=row.names,
        not_after=row.not_after.isoformat(),
        key_algorithm=row.key_algorithm,
        source=row.source,
        **({"replaces": order.replaces.serial_number} if order.replaces else {}),
    )


def reserve(order: Order, prepared: Prepared, authority: Authority, actor: Actor) -> Certificate:
    """Commit the row of a certificate that is about to be signed.

    Raises Conflict ``server.changed`` when the server's certificate is not the one to be
    replaced any more, and ``server.busy`` while someone else is issuing for it.
    """
    try:
        with transaction.atomic():
            if order.server is not None:
                check_still_current(order.server, order.replaces)
                close_stale(order.server, actor)
            if order.private_key is not None and order.private_key._state.adding:
                order.private_key.save(force_insert=True)
            return Certificate.objects.create(**reserved_fields(order, prepared, authority))
    except IntegrityError:
        raise Conflict(
            "Someone else is issuing a certificate for this server at this moment. Look at it "
            "again in a few seconds; nothing was done twice.",
            code="server.busy",
        ) from None


def reserved_fields(order: Order, prepared: Prepared, authority: Authority) -> dict[str, object]:
    return {
        "profile": order.request.profile.name,
        "state": Certificate.State.PREPARED,
        "source": order.source,
        "authority": authority,
        "server": order.server,
        "private_key": order.private_key,
        "replaces": order.replaces,
        "serial_number": f"{prepared.serial_number:x}",
        "common_name": order.request.common_name,
        "subject": prepared.subject.rfc4514_string(),
        "issuer": prepared.issuer_name.rfc4514_string(),
        "names": list(order.request.names),
        "key_algorithm": str(keys.spec_of(order.request.public_key)),
        "public_key_sha256": keys.public_key_sha256(order.request.public_key),
        "not_before": prepared.not_before,
        "not_after": prepared.not_after,
    }


def check_still_current(server: Server, expected: Certificate | None) -> None:
    """The server's certificate is still the one the order was based on."""
    locked = Server.objects.select_for_update().get(pk=server.pk)
    if locked.certificate_id != (expected.pk if expected else None):
        raise replaced_meanwhile(locked)


def replaced_meanwhile(server: Server) -> Conflict:
    newest = server.certificate
    event = AuditEvent.objects.filter(
        object_type="certificate", object_id=str(newest.pk if newest else "")
    ).first()
    who = event.actor if event else "Someone"
    when = timezone.localtime(event.at).strftime("%H:%M:%S") if event else "just now"
    return Conflict(
        f"{who} gave {server.fqdn} a new certificate at {when}, while you were looking at the one "
        "before. Look at the new one first; nothing was issued for you.",
        code="server.changed",
    )


def close_stale(server: Server, actor: Actor) -> None:
    limit = timezone.now() - ABANDONED_AFTER
    for row in Certificate.objects.filter(
        server=server, state=Certificate.State.PREPARED, created_at__lt=limit
    ):
        abandon(row, actor, reason="Its process ended before it was stored.")


def abandon(row: Certificate, actor: Actor, *, reason: str) -> None:
    """Close a reservation whose certificate nobody received."""
    with transaction.atomic():
        closed = Certificate.objects.filter(pk=row.pk, state=Certificate.State.PREPARED).update(
            state=Certificate.State.ABANDONED
        )
        if closed:
            record(actor, "certificate.abandoned", row, reason=reason)
