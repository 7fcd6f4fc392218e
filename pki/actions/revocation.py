"""Revoking a certificate (RFC 5280, section 5.3)."""

from django.db import transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Certificate


def revoke(certificate: Certificate, reason: str, *, actor: Actor) -> Certificate:
    """Revoked for good. Raises InvalidInput ``reason.unknown`` and Conflict ``certificate.…``."""
    if reason not in Certificate.RevocationReason.values:
        raise InvalidInput(
            f"“{reason[:40]}” is not a reason. Give one of: "
            f"{', '.join(Certificate.RevocationReason.values)}.",
            code="reason.unknown",
            field="reason",
        )
    with transaction.atomic():
        row = Certificate.objects.select_for_update().get(pk=certificate.pk)
        check_revocable(row)
        row.state = Certificate.State.REVOKED
        row.revoked_at = timezone.now()
        row.revocation_reason = reason
        row.save(update_fields=["state", "revoked_at", "revocation_reason"])
        record(actor, "certificate.revoked", row, reason=reason)
    return row


def check_revocable(row: Certificate) -> None:
    if row.state == Certificate.State.REVOKED:
        raise Conflict(
            f"This certificate was revoked on {row.revoked_at:%Y-%m-%d} already.",
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
            "there, then renew it here.",
            code="certificate.not_ours",
        )
    if Authority.objects.filter(certificate=row).exists():
        raise Conflict(
            "This is the root's own certificate. A root cannot revoke itself: nobody would check. "
            "Remove it from the trust stores of servers and workstations instead.",
            code="certificate.is_root",
        )
