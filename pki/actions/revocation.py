"""Revoking a certificate (RFC 5280, section 5.3)."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.clock import PUBLICATION, bring_forward
from pki.actions.key_reuse import lock_key
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Certificate, Workstation
from pki.models.workstation import NO_CERTIFICATE


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
        # Before the row, as those do who issue for the same key.
        lock_key(certificate.public_key_sha256)
        row = Certificate.objects.select_for_update().get(pk=certificate.pk)
        check_revocable(row)
        row.state = Certificate.State.REVOKED
        row.revoked_at = timezone.now()
        row.revocation_reason = reason
        row.save(update_fields=["state", "revoked_at", "revocation_reason"])
        if row.workstation_id is not None:
            Workstation.objects.filter(certificate=row).update(**NO_CERTIFICATE)
        count_revocations([row.authority_id])
        record(actor, "certificate.revoked", row, reason=reason)
    return row


def count_revocations(authority_ids: Iterable[UUID | None]) -> None:
    """What was published before is out of date; the last thing a transaction that revokes does.

    Last, so that whoever revokes at the same time waits for nothing but the commit.
    """
    for pk, times in sorted(Counter(filter(None, authority_ids)).items()):
        Authority.objects.filter(pk=pk).update(revocations=F("revocations") + times)
        bring_forward(PUBLICATION, timezone.now())


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
