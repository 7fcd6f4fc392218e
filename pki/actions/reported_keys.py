"""A public key that others may know: nothing that is certified for it stays in force."""

from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.models import Certificate
from pki.x509.profiles import CROSS, ROOT

State = Certificate.State


def withdraw_key(
    key_identity: str, reason: str, *, besides: Certificate, actor: Actor
) -> list[Certificate]:
    """Revoke what else is in force for the key, and close what is being signed for it.

    Returns what it revoked. Part of a transaction that holds the key's lock: a reservation is
    committed before that and closed here, or it finds the key reported. Roots and
    cross-certificates stay, since nobody would check; what they are replaced by is a rollover.
    """
    rows = (
        # Both states in one query: what is stored at this moment is waited for, and comes.
        Certificate.objects.select_for_update()
        .filter(key_identity=key_identity, state__in=[State.PREPARED, State.ISSUED])
        .exclude(pk=besides.pk)
        .exclude(profile__in=[ROOT.name, CROSS.name])
        .order_by("pk")
    )
    now, revoked = timezone.now(), []
    for row in rows:
        if row.state == State.PREPARED:
            row.state = State.ABANDONED
            row.save(update_fields=["state"])
            record(actor, "certificate.abandoned", row, reason="Its key was reported.")
        elif row.not_after > now:
            row.state, row.revoked_at, row.revocation_reason = State.REVOKED, now, reason
            row.save(update_fields=["state", "revoked_at", "revocation_reason"])
            record(
                actor, "certificate.revoked", row, reason=reason,
                same_key_as=besides.serial_number,
            )  # fmt: skip
            revoked.append(row)
    return revoked
