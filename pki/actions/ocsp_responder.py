"""What OCSP answers are made of: a responder's certificate and key, and what is known.

The responder has a key of its own, so that a process that answers strangers all day never
needs the authority's (RFC 6960, section 4.2.2.2), and it is sealed under keys that open
nothing else. Its certificate lives a month and is followed by the next one when half of that
is gone. The clock alone makes it: no question of a stranger's leads to a signature by the root.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.certificate_row import parsed
from pki.actions.issuance import Order, issue
from pki.actions.stored_keys import open_key, sealed_row
from pki.errors import CertiflowError, Unavailable
from pki.models import Authority, Certificate, Ring
from pki.x509 import keys
from pki.x509.issuing import CertificateRequest
from pki.x509.names import COMMON_NAME_LIMIT
from pki.x509.ocsp import GOOD, UNKNOWN, Responder, Status
from pki.x509.profiles import OCSP_RESPONDER

logger = logging.getLogger(__name__)


def responder_of(authority_id: UUID) -> Responder:
    """The one that answers now. Signs nothing, and so never needs the authority's key.

    Raises Unavailable ``ocsp.no_responder`` when there is none, and what opening its key raises.
    """
    row = current_row(authority_id, timezone.now())
    if row is None or row.private_key is None:
        raise no_responder()
    key = open_key(row.private_key)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise no_responder()
    return Responder(parsed(row), key)


def renew_responder(authority_id: UUID, *, actor: Actor = SYSTEM) -> None:
    """Called by the clock only: issue one if there is none, or if it is time for the next.

    A responder that is still valid goes on answering when its renewal fails. Raises what
    `issue` raises when there is none.
    """
    now = timezone.now()
    row = current_row(authority_id, now)
    if row is not None and opens(row):
        if row.not_after - now >= OCSP_RESPONDER.lifetime / 2:
            return
        if not can_be_longer(row, authority_id):
            return
        try:
            issue_responder(authority_id, actor=actor)
        except CertiflowError as error:
            logger.warning("The OCSP responder is not renewed: %s", error.message)
        return
    issue_responder(authority_id, actor=actor)


def opens(row: Certificate) -> bool:
    try:
        return row.private_key is not None and bool(open_key(row.private_key))
    except (CertiflowError, ValueError):
        return False


def no_responder() -> Unavailable:
    return Unavailable(
        "There is no OCSP responder. The job “Revocation lists and OCSP” makes one: run "
        "“certiflow maintain”, or look at why the scheduler does not.",
        code="ocsp.no_responder",
    )


def current_row(authority_id: UUID, now: datetime) -> Certificate | None:
    return (
        Certificate.objects.filter(
            authority=authority_id,
            profile=OCSP_RESPONDER.name,
            state=Certificate.State.ISSUED,
            not_after__gt=now,
            # Those of before, under the master keys, do not open on the public site.
            private_key__ring=Ring.RESPONDER,
        )
        .select_related("private_key")
        .order_by("-not_after")
        .first()
    )


def can_be_longer(row: Certificate, authority_id: UUID) -> bool:
    """Not when the authority itself ends then: the next one would end no later."""
    authority = Authority.objects.select_related("certificate").defer("certificate__der")
    return row.not_after < authority.get(pk=authority_id).certificate.not_after


def issue_responder(authority_id: UUID, *, actor: Actor) -> Certificate:
    authority = Authority.objects.get(pk=authority_id)
    key = keys.generate(OCSP_RESPONDER.default_key)
    suffix = " OCSP"
    request = CertificateRequest(
        profile=OCSP_RESPONDER,
        common_name=authority.common_name[: COMMON_NAME_LIMIT - len(suffix)] + suffix,
        public_key=key.public_key(),
    )
    order = Order(
        request=request,
        source=Certificate.Source.GENERATED,
        private_key=sealed_row(key, ring=Ring.RESPONDER),
        authority_id=authority_id,
    )
    return issue(order, actor=actor)


def revocations() -> dict[UUID, int]:
    """By authority; another number means that a status may be another. One small query."""
    return dict(Authority.objects.values_list("pk", "revocations"))


def statuses(authority_id: UUID, serial_numbers: Iterable[int]) -> dict[int, Status]:
    """What is known of each; UNKNOWN for what was never issued. One query."""
    numbers = set(serial_numbers)
    rows = Certificate.objects.filter(
        authority=authority_id,
        serial_number__in=[f"{number:x}" for number in numbers],
        state__in=[Certificate.State.ISSUED, Certificate.State.REVOKED],
    ).values_list("serial_number", "state", "revoked_at", "revocation_reason")
    known = {
        int(serial, 16): GOOD
        if state == Certificate.State.ISSUED
        else Status(True, at, reason or "unspecified")
        for serial, state, at, reason in rows
    }
    return {number: known.get(number, UNKNOWN) for number in numbers}
