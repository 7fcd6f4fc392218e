"""Revoking a certificate (RFC 5280, section 5.3)."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.key_reuse import lock_key
from pki.actions.reported_keys import withdraw_key
from pki.actions.revocation_count import count_revocations
from pki.actions.trust import revoke_workstation
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Certificate, Workstation
from pki.models.certificate import COMPROMISED
from pki.models.workstation import ADMITTED


def revoke(certificate: Certificate, reason: str, *, actor: Actor) -> Certificate:
    """Revoked for good, and with the current certificate of a workstation the workstation itself.

    Else its agent would ask again and get another one. With a reason that says that the key is
    known to others, all goes that is certified for the key; then ``certificate`` may also be
    revoked already, or issued by another authority. Raises InvalidInput ``reason.unknown`` and
    Conflict ``certificate.…``.
    """
    if reason not in Certificate.RevocationReason.values:
        raise InvalidInput(
            f"“{reason[:40]}” is not a reason. Give one of: "
            f"{', '.join(Certificate.RevocationReason.values)}.",
            code="reason.unknown",
            field="reason",
        )
    with transaction.atomic():
        # The workstation, then the key, then certificates: in this order who issues locks them.
        holders = list(locked_holders(certificate.key_identity))
        lock_key(certificate.key_identity)
        row = Certificate.objects.select_for_update().get(pk=certificate.pk)
        check_revocable(row, reason)
        write(row, reason, actor)
        revoked = [row]
        if reason in COMPROMISED:
            revoked += withdraw_key(row.key_identity, reason, besides=row, actor=actor)
        for each in revoked:
            for holder in holders:
                if holder.certificate_id == each.pk and holder.state in ADMITTED:
                    revoke_holder(holder, each, actor)
        count_revocations(each.authority_id for each in revoked)
    return row


def write(row: Certificate, reason: str, actor: Actor) -> None:
    """Its state, and the event. What was revoked already stays so since then."""
    reported = row.only_key_can_be_reported
    before = row.revocation_reason
    row.state, row.revocation_reason = Certificate.State.REVOKED, reason
    row.revoked_at = row.revoked_at or timezone.now()
    row.save(update_fields=["state", "revoked_at", "revocation_reason"])
    if reported:
        record(actor, "certificate.key_reported", row, reason=reason, before=before)
    else:
        record(actor, "certificate.revoked", row, reason=reason)


def locked_holders(key_identity: str) -> "QuerySet[Workstation]":
    """All workstations that have a certificate for the key: more than one never has."""
    same_key = Certificate.objects.filter(key_identity=key_identity, workstation__isnull=False)
    rows = Workstation.objects.select_for_update()
    return rows.filter(pk__in=same_key.values("workstation")).order_by("pk")


def revoke_holder(holder: Workstation, certificate: Certificate, actor: Actor) -> None:
    revoke_workstation(
        holder,
        actor=actor,
        reason=f"Its certificate {certificate.serial_number} was revoked.",
        revocation_reason=certificate.revocation_reason,
    )


def check_revocable(row: Certificate, reason: str) -> None:
    if row.only_key_can_be_reported and reason in COMPROMISED:
        return
    if row.state == Certificate.State.REVOKED:
        also = (
            " If its key may be known to others, give the reason keyCompromise: then it is "
            "certified for nobody any more."
        )
        raise Conflict(
            f"This certificate was revoked on {row.revoked_at:%Y-%m-%d} already."
            f"{also if row.only_key_can_be_reported else ''}",
            code="certificate.already_revoked",
        )
    if row.state != Certificate.State.ISSUED:
        raise Conflict(
            "This certificate was never issued, so there is nothing to revoke.",
            code="certificate.not_issued",
        )
    if row.authority_id is None:
        raise Conflict(
            "Another authority issued this certificate, and only that one can revoke it. Ask "
            "there, then renew it here. If its key may be known to others, say so here as well, "
            "with the reason keyCompromise: then it is certified for nobody any more.",
            code="certificate.not_ours",
        )
    if Authority.objects.filter(bridge=row).exists():
        raise Conflict(
            "This cross-certificate carries what the new root signs to those that know only the "
            "old one. It is given up when the replacement of the root is finished or cancelled.",
            code="certificate.is_bridge",
        )
    if Authority.objects.filter(certificate=row).exists():
        raise Conflict(
            "This is the root's own certificate. A root cannot revoke itself: nobody would check. "
            "Remove it from the trust stores of servers and workstations instead.",
            code="certificate.is_root",
        )
