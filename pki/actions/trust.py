"""Driving the trust machine of a workstation: every change of its state passes here."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.enrollment_tokens import digest
from pki.actions.key_reuse import lock_key
from pki.actions.reported_keys import withdraw_key
from pki.actions.revocation_count import count_revocations
from pki.errors import Conflict, InvalidInput
from pki.models import Certificate, TaskState, Workstation
from pki.models.agent_task import OPEN
from pki.models.certificate import COMPROMISED
from pki.models.workstation import ADMITTED, TRANSITIONS, Transition, TrustState

#: How long a reinstated workstation may take to come with its new key.
NEW_KEY_WITHIN = timedelta(hours=24)
REASON_LIMIT = 300


@dataclass(frozen=True)
class Reinstated:
    workstation: Workstation
    #: What its agent registers its new key with, once; nobody can read it again.
    code: str


def approve(workstation: Workstation, *, actor: Actor, reason: str = "") -> Workstation:
    """It gets its certificate when its agent asks next.

    It takes the place of a reinstated one under the same identifier that has no key yet. Raises
    Conflict ``workstation.state``, and ``workstation.identifier_taken`` while another machine is
    admitted under the same identifier.
    """

    def effects(row: Workstation) -> dict[str, object]:
        same = Workstation.objects.identified(row.agent_id).exclude(pk=row.pk)
        awaited = same.filter(state=TrustState.APPROVED, public_key_sha256="").first()
        if awaited is None:
            return {}
        drive(
            "revoke", awaited, actor, f"Another key was approved in its place: {row.name}.", close
        )
        row.name, row.comment = awaited.name, awaited.comment
        row.tags.set(awaited.tags.all())
        return {"in_place_of": awaited.pk}

    return drive("approve", workstation, actor, reason, effects)


def deny(workstation: Workstation, *, actor: Actor, reason: str = "") -> Workstation:
    """Its agent is told so and gets nothing. Raises Conflict ``workstation.state``."""
    return drive("deny", workstation, actor, reason)


def trust(workstation: Workstation, *, actor: Actor) -> Workstation:
    """It has shown its certificate. Raises Conflict ``workstation.state``."""
    return drive("trust", workstation, actor, "")


def revoke_workstation(
    workstation: Workstation,
    *,
    actor: Actor,
    reason: str,
    revocation_reason: str = Certificate.RevocationReason.CESSATION_OF_OPERATION,
) -> Workstation:
    """Stopped at its next request; its certificates are revoked and its tasks cancelled.

    ``reason`` is a person's sentence, ``revocation_reason`` the one of RFC 5280, section
    5.3.1. Raises InvalidInput ``reason.…`` and Conflict ``workstation.state``.
    """
    if revocation_reason not in Certificate.RevocationReason.values:
        raise InvalidInput(
            f"“{revocation_reason[:40]}” is not a reason. Give one of: "
            f"{', '.join(Certificate.RevocationReason.values)}.",
            code="reason.unknown",
            field="revocation_reason",
        )

    def effects(row: Workstation) -> dict[str, object]:
        serials = revoke_certificates(row, revocation_reason, actor)
        close(row)
        row.expires_at = row.renewal_due_at = row.renewed_at = None
        cancelled = row.tasks.filter(state__in=OPEN).update(
            state=TaskState.CANCELLED,
            finished_at=timezone.now(),
            message="The workstation was revoked.",
        )
        return {
            "certificates": serials,
            "revocation_reason": revocation_reason,
            "cancelled_tasks": cancelled,
        }

    return drive("revoke", workstation, actor, reason, effects)


def reinstate(workstation: Workstation, *, actor: Actor, reason: str) -> Reinstated:
    """Approved again; its agent has a day to come with a new key and the one-time code.

    A key that comes without the code waits for approval. Raises InvalidInput ``reason.missing``
    and Conflict ``workstation.…``.
    """
    code = f"cfr_{secrets.token_urlsafe(24)}"
    return Reinstated(reinstated(workstation, actor, reason, digest(code)), code)


def reinstate_without_code(workstation: Workstation, *, actor: Actor, reason: str) -> Workstation:
    """As `reinstate`, for many at once: each new key waits for approval."""
    return reinstated(workstation, actor, reason, "")


def reinstated(
    workstation: Workstation, actor: Actor, reason: str, code_sha256: str
) -> Workstation:

    def effects(row: Workstation) -> dict[str, object]:
        row.public_key_sha256 = ""
        row.certificate = None
        # One that was being signed for the old key when it was revoked is not stored then.
        Certificate.objects.filter(workstation=row, state=Certificate.State.PREPARED).update(
            state=Certificate.State.ABANDONED
        )
        if not code_sha256:
            return {"with_code": False}
        row.new_key_code_sha256 = code_sha256
        row.new_key_until = timezone.now() + NEW_KEY_WITHIN
        return {"with_code": True, "new_key_until": row.new_key_until.isoformat()}

    return drive("reinstate", workstation, actor, reason, effects)


def close(row: Workstation) -> dict[str, object]:
    """No key is expected for it any more, whatever code it brings."""
    row.new_key_code_sha256, row.new_key_until = "", None
    return {}


def revoke_certificates(row: Workstation, revocation_reason: str, actor: Actor) -> list[str]:
    """Every certificate the workstation could still show; their serial numbers.

    Reported as compromised, also those that others have for its keys.
    """
    valid = Certificate.objects.filter(workstation=row, state=Certificate.State.ISSUED)
    rows = list(valid.defer("der", "chain"))
    reported = list(rows) if revocation_reason in COMPROMISED else []
    for key in sorted({each.key_identity for each in reported}):
        lock_key(key)
    valid.update(
        state=Certificate.State.REVOKED,
        revoked_at=timezone.now(),
        revocation_reason=revocation_reason,
    )
    for each in reported:
        rows += withdraw_key(each.key_identity, revocation_reason, besides=each, actor=actor)
    count_revocations(each.authority_id for each in rows)
    return [each.serial_number for each in rows]


def drive(
    verb: str,
    workstation: Workstation,
    actor: Actor,
    reason: str,
    effects: Callable[[Workstation], dict[str, object]] = lambda _row: {},
) -> Workstation:
    """Follow one arrow; what else it changes and the audit event are in the same transaction."""
    transition = TRANSITIONS[verb]
    reason = checked_reason(transition, reason)
    try:
        with transaction.atomic():
            row = Workstation.objects.select_for_update().get(pk=workstation.pk)
            before = row.state
            refuse_wrong_state(transition, row)
            detail = effects(row)
            row.state = transition.target
            row.state_since = timezone.now()
            row.save()
            record(
                actor,
                transition.event,
                row,
                agent_id=row.agent_id,
                before=before,
                **({"reason": reason} if reason else {}),
                **detail,
            )
    except IntegrityError:
        raise identifier_taken(workstation) from None
    return row


def checked_reason(transition: Transition, reason: str) -> str:
    if transition.needs_reason and not reason.strip():
        raise InvalidInput(
            f"Say in a few words why you {transition.verb} this workstation; whoever reads the "
            "audit trail later will ask.",
            code="reason.missing",
            field="reason",
        )
    return reason.strip()[:REASON_LIMIT]


def refuse_wrong_state(transition: Transition, row: Workstation) -> None:
    if row.state in transition.sources:
        return
    possible = " or ".join(sorted(source.label.lower() for source in transition.sources))
    raise Conflict(
        f"{row.name} is {TrustState(row.state).label.lower()} since "
        f"{row.state_since:%Y-%m-%d %H:%M} UTC, and “{transition.verb}” is for "
        f"workstations that are {possible}. Nothing was changed.",
        code="workstation.state",
    )


def identifier_taken(workstation: Workstation) -> Conflict:
    same = Workstation.objects.identified(workstation.agent_id)
    other = same.filter(state__in=ADMITTED).exclude(pk=workstation.pk)
    names = ", ".join(other.values_list("name", flat=True)) or "Another workstation"
    return Conflict(
        f"{names} is admitted under the identifier {workstation.agent_id} already. If this "
        "machine is its replacement, revoke the other one first.",
        code="workstation.identifier_taken",
    )
