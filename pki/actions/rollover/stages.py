"""From one stage of a rollover to the next: the successor signs, the old root retires."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.revocation_count import count_revocations
from pki.actions.rollover.cut_off import cut_off
from pki.actions.rollover.open_rollover import crossed, locked, refuse_wrong_stage
from pki.actions.rollover.standing import standing
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Certificate, Rollover
from pki.models.rollover import Stage
from pki.x509.profiles import CROSS, OCSP_RESPONDER, ROOT

#: In one wave.
MOST_SERVERS = 100
MOST_WORKSTATIONS = 5_000
#: What a successor has signed before it signs anything for anybody.
ITS_OWN = (ROOT.name, CROSS.name, OCSP_RESPONDER.name)


def begin_reissuing(rollover: Rollover, *, actor: Actor) -> Rollover:
    """From now on the successor signs everything new; steps re-issue what there is.

    Raises Conflict ``rollover.stage``, ``rollover.ended``, and ``rollover.no_bridge`` where
    cross-certificates cannot help those that do not trust the successor yet.
    """
    with transaction.atomic():
        row = locked(rollover)
        refuse_wrong_stage(row, Stage.REISSUING)
        refuse_without_bridge(row)
        row.stage = Stage.REISSUING
        row.reissuing_at, row.reissuing_by = timezone.now(), actor.name[:150]
        row.save(update_fields=["stage", "reissuing_at", "reissuing_by"])
        # In this order: the database allows one active authority.
        Authority.objects.filter(pk=row.old_id).update(active=False)
        Authority.objects.filter(pk=row.successor_id).update(active=True)
        record(actor, "rollover.reissuing", row, successor=row.successor.common_name)
    return row


def refuse_without_bridge(row: Rollover) -> None:
    ended = row.old.certificate.not_after <= timezone.now()
    if row.successor.bridge_id is not None or ended:
        return
    missing = standing(row).workstations
    if missing.total > missing.trusting:
        raise Conflict(
            f"{row.old} allows no authority below it, so that no cross-certificate can help, and "
            f"{missing.total - missing.trusting:,} of {missing.total:,} workstations are not known "
            f"to trust {row.successor} yet. Wait until they do, or revoke those that are gone.",
            code="rollover.no_bridge",
        )


def pause(rollover: Rollover, *, actor: Actor) -> Rollover:
    """No further wave; what was renewed stays. Raises Conflict ``rollover.paused``."""
    return set_paused(rollover, True, actor)


def go_on(rollover: Rollover, *, actor: Actor) -> Rollover:
    """Raises Conflict ``rollover.not_paused``."""
    return set_paused(rollover, False, actor)


def set_paused(rollover: Rollover, paused: bool, actor: Actor) -> Rollover:
    with transaction.atomic():
        row = locked(rollover)
        if row.paused == paused:
            raise Conflict(
                "It is paused already." if paused else "It is not paused, so it goes on already.",
                code="rollover.paused" if paused else "rollover.not_paused",
            )
        row.paused = paused
        row.save(update_fields=["paused"])
        record(actor, "rollover.paused" if paused else "rollover.resumed", row)
    return row


def set_wave_sizes(
    rollover: Rollover, *, servers: int, workstations: int, actor: Actor
) -> Rollover:
    """From the next wave on. Raises InvalidInput on ``servers`` or ``workstations``."""
    for field, number, most in (
        ("servers", servers, MOST_SERVERS),
        ("workstations", workstations, MOST_WORKSTATIONS),
    ):
        if not 1 <= number <= most:
            raise InvalidInput(
                f"A wave has 1 to {most:,} {field}.", code="rollover.wave_size", field=field
            )
    with transaction.atomic():
        row = locked(rollover)
        row.servers_at_once, row.workstations_at_once = servers, workstations
        row.save(update_fields=["servers_at_once", "workstations_at_once"])
        record(actor, "rollover.sized", row, servers=servers, workstations=workstations)
    return row


def cancel(rollover: Rollover, *, actor: Actor) -> Rollover:
    """As if it had never been announced: the old root goes on, the successor is forgotten.

    Raises Conflict ``rollover.stage`` once the successor signs, and ``rollover.issued`` if it
    has signed something by another way.
    """
    with transaction.atomic():
        row = locked(rollover)
        refuse_wrong_stage(row, Stage.CANCELLED)
        issued = Certificate.objects.filter(authority=row.successor).exclude(profile__in=ITS_OWN)
        if issued.exists():
            raise Conflict(
                f"{row.successor} has issued certificates already, which would be good for "
                "nothing. Go on with it.",
                code="rollover.issued",
            )
        revoked = revoke_crossed(crossed(row))
        Authority.objects.filter(pk=row.successor_id).update(retired_at=timezone.now(), bridge=None)
        end(row, Stage.CANCELLED, actor)
        record(
            actor,
            "rollover.cancelled",
            row,
            successor=row.successor.common_name,
            revoked=revoked,
        )
    return row


def revoke_crossed(rows: "QuerySet[Certificate]") -> list[str]:
    """Their serial numbers; the last ones who believe them shall stop."""
    found = list(rows.values_list("serial_number", "authority_id"))
    rows.update(
        state=Certificate.State.REVOKED,
        revoked_at=timezone.now(),
        revocation_reason=Certificate.RevocationReason.CESSATION_OF_OPERATION,
    )
    count_revocations(authority_id for _, authority_id in found)
    return [serial for serial, _ in found]


def finish(rollover: Rollover, *, actor: Actor) -> Rollover:
    """The old root is trusted by nobody of ours any more; it still publishes revocations.

    Raises Conflict ``rollover.stage`` and, with the numbers, ``rollover.not_safe`` while
    somebody would be cut off.
    """
    with transaction.atomic():
        row = locked(rollover)
        refuse_wrong_stage(row, Stage.FINISHED)
        left = cut_off(row)
        if left.total:
            raise Conflict(
                f"{row.old} cannot retire yet, since this would cut off {left.in_words()}. Renew "
                "them, confirm them, or revoke what is gone; the page of the replacement lists "
                "them.",
                code="rollover.not_safe",
            )
        Authority.objects.filter(pk=row.old_id).update(retired_at=timezone.now())
        Authority.objects.filter(pk=row.successor_id).update(bridge=None)
        # By it the old root would go on being trusted wherever the new one is.
        revoked = revoke_crossed(crossed(row).filter(authority=row.successor_id))
        end(row, Stage.FINISHED, actor)
        record(
            actor,
            "rollover.finished",
            row,
            revoked=revoked,
            old=row.old.common_name,
            successor=row.successor.common_name,
        )
    return row


def end(row: Rollover, stage: Stage, actor: Actor) -> None:
    row.stage, row.is_open, row.paused = stage, False, False
    row.ended_at, row.ended_by = timezone.now(), actor.name[:150]
    row.save(update_fields=["stage", "is_open", "paused", "ended_at", "ended_by"])
