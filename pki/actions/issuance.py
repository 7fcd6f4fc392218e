"""How a certificate comes to be: reserve, sign, store.

The serial number and everything else that will be signed is committed before the key
is used. A crash in between leaves a row that `close_unfinished` reports and closes:
never a signed certificate nobody knows of (docs/decisions/0002).
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from cryptography import x509
from django.db import IntegrityError, transaction
from django.utils import timezone

from pki.actions import statements
from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.certificate_row import signed_fields
from pki.actions.commits import not_waiting_for_the_disk
from pki.actions.confirmations import NOTHING, Confirmations
from pki.actions.host_certificate import check_order_serves
from pki.actions.key_reuse import Holder, compromised_key, is_compromised, refuse_taken_key
from pki.actions.name_rules import CertifiedKey
from pki.actions.sealed_rows import keep
from pki.actions.server_check import check_server
from pki.actions.signer import Signer, active_signer, signer_of
from pki.actions.workstation_check import check_not_renewed
from pki.errors import Conflict
from pki.models import Certificate, PrivateKey, Server, Workstation
from pki.models.workstation import ADMITTED
from pki.x509 import issuing, keys
from pki.x509.issuing import CertificateRequest, Prepared
from pki.x509.profiles import renewal_due

#: A reservation older than this belongs to a process that is gone.
ABANDONED_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class Order:
    """What to issue and what it belongs to."""

    request: CertificateRequest
    source: str
    server: Server | None = None
    workstation: Workstation | None = None
    #: The sealed key the certificate is for; unsaved when it is new, None for a CSR's.
    private_key: PrivateKey | None = None
    replaces: Certificate | None = None
    #: Who signs; None: the active authority.
    authority_id: UUID | None = None
    #: What an administrator said yes to.
    confirmed: Confirmations = NOTHING


def issue(order: Order, *, actor: Actor) -> Certificate:
    """The issued certificate, stored. Raises what the core and `reserve` raise."""
    signer = signer_of(order.authority_id) if order.authority_id else active_signer()
    prepared = issuing.prepare(
        order.request, signer.certificate, now=timezone.now(), addresses=signer.addresses
    )
    row = reserve(order, prepared, signer, actor)
    try:
        certificate = issuing.issue(prepared, signer.open_key())
    except Exception:
        abandon(row, actor, reason="The signature failed.")
        raise
    try:
        finish(order, row, certificate, actor)
    except (Conflict, IntegrityError):
        abandon(row, actor, reason="It was not stored, since what it was for changed meanwhile.")
        raise
    return row


def finish(order: Order, row: Certificate, certificate: x509.Certificate, actor: Actor) -> None:
    if order.server is not None:
        check_order_serves(order.server, certificate, order.private_key)
    with transaction.atomic():
        # The server before the certificate, as `reserve` locks them: two of these cannot block
        # each other then.
        if order.server is not None:
            statements.update(Server, {"certificate_id": row.pk}, id=order.server.pk)
        if order.workstation is not None:
            put_into_use(order.workstation, row)
        store(row, certificate)
        record_issued(order, row, actor)


def put_into_use(workstation: Workstation, row: Certificate) -> None:
    """Its current certificate, unless the workstation was revoked while it was signed."""
    current = {
        "certificate_id": row.pk,
        "public_key_sha256": row.public_key_sha256,
        "expires_at": row.not_after,
        "renewal_due_at": renewal_due(row.not_before, row.not_after),
        "renewed_at": timezone.now() if row.replaces_id else None,
    }
    for state in ADMITTED:
        if statements.update(Workstation, current, id=workstation.pk, state=state):
            return
    raise Conflict(
        "The workstation was revoked while its certificate was being signed, so nothing was "
        "issued.",
        code="workstation.revoked",
    )


def store(row: Certificate, certificate: x509.Certificate) -> None:
    """Complete the reservation, which says already all that was to be signed."""
    signed = {
        "state": Certificate.State.ISSUED,
        "issued_at": timezone.now(),
        **signed_fields(certificate),
    }
    if not statements.update(Certificate, signed, id=row.pk, state=Certificate.State.PREPARED):
        # Who reports a key closes what is being signed for it: nothing to look up until here.
        if is_compromised(row.key_identity):
            raise compromised_key("csr" if row.private_key_id is None else "key")
        raise Conflict(
            "Issuing took so long that the reservation was closed meanwhile. Nothing was "
            "issued; try again.",
            code="certificate.reservation_closed",
        )
    for name, value in signed.items():
        setattr(row, name, value)


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


def reserve(order: Order, prepared: Prepared, signer: Signer, actor: Actor) -> Certificate:
    """Commit the row of a certificate that is about to be signed.

    Raises what `refuse_taken_key` raises, on ``csr`` for a key from outside and else on
    ``key``; Conflict ``server.changed`` or ``workstation.changed`` when its certificate is not
    the one to be replaced any more; ``server.busy``, ``workstation.busy`` or
    ``certificate.busy`` while someone else is issuing for it; and what `name_rules` raises.
    """
    try:
        return make_reservation(order, prepared, signer, actor)
    except IntegrityError:
        if close_stale(order, actor):
            return reserve(order, prepared, signer, actor)
        if order.workstation is not None:
            raise Conflict(
                "A certificate for this workstation is being issued at this moment. Ask again in "
                "a few seconds with the same key.",
                code="workstation.busy",
            ) from None
        if order.server is None:
            raise Conflict(
                "A certificate of this kind is being issued at this moment. Ask again in a few "
                "seconds.",
                code="certificate.busy",
            ) from None
        raise Conflict(
            "Someone else is issuing a certificate for this server at this moment. Look at it "
            "again in a few seconds; nothing was done twice.",
            code="server.busy",
        ) from None


def make_reservation(order: Order, prepared: Prepared, signer: Signer, actor: Actor) -> Certificate:
    row = Certificate(**reserved_fields(order, prepared, signer))
    with not_waiting_for_the_disk():
        if order.server is not None:
            check_server(
                order.server,
                names=order.request.names,
                key=CertifiedKey(row.public_key_sha256, order.private_key),
                replaces=order.replaces,
                actor=actor,
                confirmed=order.confirmed,
            )
        if order.workstation is not None:
            check_not_renewed(order.workstation, order.replaces)
        holder = Holder(row.server_id, row.workstation_id)
        field = "key" if order.private_key is not None else "csr"
        refuse_taken_key(row.key_identity, holder, field=field)
        statements.insert(row)
        # After the row: if that is refused, the key still counts as new for a second try.
        if order.private_key is not None and order.private_key._state.adding:
            keep(order.private_key)
        return row


def reserved_fields(order: Order, prepared: Prepared, signer: Signer) -> dict[str, object]:
    return {
        "profile": order.request.profile.name,
        "state": Certificate.State.PREPARED,
        "source": order.source,
        # By key: whoever follows one of these from the new row sees the database's version.
        "authority_id": signer.authority_id,
        "server_id": order.server and order.server.pk,
        "workstation_id": order.workstation and order.workstation.pk,
        "private_key_id": order.private_key and order.private_key.pk,
        "replaces_id": order.replaces and order.replaces.pk,
        "serial_number": f"{prepared.serial_number:x}",
        "common_name": order.request.common_name,
        "subject": prepared.subject.rfc4514_string(),
        "issuer": prepared.issuer_name.rfc4514_string(),
        "names": list(order.request.names),
        "key_algorithm": str(keys.spec_of(order.request.public_key)),
        "public_key_sha256": keys.public_key_sha256(order.request.public_key),
        "key_identity": keys.key_identity(order.request.public_key),
        "not_before": prepared.not_before,
        "not_after": prepared.not_after,
    }


def close_stale(order: Order, actor: Actor) -> int:
    """Close what a dead process left in this order's way; how many there were."""
    limit = timezone.now() - ABANDONED_AFTER
    rows = Certificate.objects.filter(
        profile=order.request.profile.name,
        server=order.server,
        workstation=order.workstation,
        state=Certificate.State.PREPARED,
        created_at__lt=limit,
    )
    closed = 0
    for row in rows:
        closed += abandon(row, actor, reason="Its process ended before it was stored.")
    return closed


def abandon(row: Certificate, actor: Actor, *, reason: str) -> bool:
    """Close a reservation whose certificate nobody received; false if it was not open."""
    with transaction.atomic():
        closed = Certificate.objects.filter(pk=row.pk, state=Certificate.State.PREPARED).update(
            state=Certificate.State.ABANDONED
        )
        if closed:
            record(actor, "certificate.abandoned", row, reason=reason)
    return bool(closed)
