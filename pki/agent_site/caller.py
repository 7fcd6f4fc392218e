"""Who calls: the workstation whose certificate was shown, checked anew at every request."""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from pki.actions import statements
from pki.actions.actor import Actor
from pki.actions.presence import note_certificate, note_presence
from pki.actions.trust import trust
from pki.actions.workstation_certificates import superseded
from pki.agent_site.peer_certificate import not_accepted, peer_certificate
from pki.client_address import client_address
from pki.errors import Conflict, Forbidden
from pki.models import Certificate, TrustState, Workstation
from pki.x509.profiles import WORKSTATION

#: Seconds between two notes that a workstation was seen.
NOTE_EVERY = 60.0


@dataclass(frozen=True)
class Caller:
    workstation_id: int
    agent_id: str
    state: str
    certificate_id: int
    #: Whether the certificate it came with is the newest it has.
    is_current: bool
    #: Whether a newer one was shown: then it is good for asking for approval and nothing else.
    is_superseded: bool
    certificate: x509.Certificate
    actor: Actor

    def workstation(self) -> Workstation:
        return Workstation.objects.select_related("certificate").get(pk=self.workstation_id)


class Refused(Forbidden):
    """``reason`` is for the audit trail: the caller hears less."""

    def __init__(self, error: Forbidden, reason: str) -> None:
        super().__init__(error.message, code=error.code)
        self.reason = reason


def caller(request: HttpRequest, *, also_superseded: bool = False) -> Caller:
    """Raises Forbidden ``certificate.required``, ``certificate.not_accepted``,
    ``certificate.expired``, ``certificate.superseded`` or ``workstation.revoked``.

    The chain is verified by TLS; that the very same certificate is in the database, issued
    by an authority of ours that is not retired, says so once more. The first call makes the
    workstation trusted, and the first one with a newer certificate ends those before it.
    """
    der = peer_certificate(request)
    if not der:
        raise Forbidden(
            "This address needs the workstation's certificate.", code="certificate.required"
        )
    rows = statements.read(shown, hashlib.sha256(der).hexdigest())
    if not rows:
        raise Refused(not_accepted(), "certificate unknown")
    [
        (
            certificate_id,
            state,
            profile,
            workstation_id,
            agent_id,
            trust_state,
            current_id,
            newest_shown,
        )
    ] = rows
    if profile != WORKSTATION.name or workstation_id is None:
        raise Refused(not_accepted(), f"certificate for another purpose: {profile}")
    certificate = x509.load_der_x509_certificate(der)
    refuse_revoked(state, trust_state, agent_id)
    refuse_out_of_dates(certificate, agent_id)
    address = client_address(request)
    actor = Actor(name=agent_id, door="agent", address=address)
    is_superseded = newest_shown is not None and certificate_id < newest_shown
    if is_superseded:
        if not also_superseded:
            raise Refused(superseded(), f"certificate superseded: {agent_id}")
        return Caller(
            workstation_id, agent_id, trust_state, certificate_id, False, True, certificate, actor
        )
    if certificate_id != newest_shown:
        note_certificate(workstation_id, certificate_id)
    if trust_state == TrustState.APPROVED:
        trust_state = first_call(workstation_id, actor)
    note(workstation_id, address)
    return Caller(
        workstation_id,
        agent_id,
        trust_state,
        certificate_id,
        certificate_id == current_id,
        False,
        certificate,
        actor,
    )


def shown() -> "QuerySet[Certificate, tuple[Any, ...]]":
    return (
        Certificate.objects.filter(
            sha256="", authority__isnull=False, authority__retired_at__isnull=True
        )
        .order_by()
        .values_list(
            "pk",
            "state",
            "profile",
            "workstation_id",
            "workstation__agent_id",
            "workstation__state",
            "workstation__certificate_id",
            "workstation__shown_certificate_id",
        )
    )


def refuse_revoked(state: str, trust_state: str, agent_id: str) -> None:
    admitted = {TrustState.APPROVED, TrustState.TRUSTED}
    if state == Certificate.State.ISSUED and trust_state in admitted:
        return
    raise Refused(
        Forbidden(
            "This workstation was revoked. After an administrator has reinstated it, register it "
            "with a new key and the one-time code.",
            code="workstation.revoked",
        ),
        f"workstation revoked: {agent_id}",
    )


def refuse_out_of_dates(certificate: x509.Certificate, agent_id: str) -> None:
    now = timezone.now()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Refused(
            Forbidden(
                "This certificate is not valid at this time. Register again with the same key.",
                code="certificate.expired",
            ),
            f"certificate out of its dates: {agent_id}",
        )


def first_call(workstation_id: int, actor: Actor) -> str:
    row = Workstation.objects.get(pk=workstation_id)
    try:
        return trust(row, actor=actor).state
    except Conflict:
        # Another request of the same agent was faster, or someone revoked it just now.
        row.refresh_from_db()
        refuse_revoked(Certificate.State.ISSUED, row.state, row.agent_id)
        return row.state


#: When each workstation was last noted by this process, in seconds since 1970: by the clock that
#: people read, since a machine that wakes up has slept by no other.
noted: dict[int, float] = {}


def note(workstation_id: int, address: str | None) -> None:
    """Write down that it was seen, once a minute: the other calls then only read."""
    now = time.time()
    # Also when the clock was set back.
    if abs(now - noted.get(workstation_id, 0.0)) >= NOTE_EVERY:
        noted[workstation_id] = now
        note_presence(workstation_id, address)
