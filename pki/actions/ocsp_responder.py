"""What OCSP answers are made of: a responder's certificate and key, and what is known.

The responder has a key of its own, so that a process that answers strangers all day never
needs the authority's (RFC 6960, section 4.2.2.2). Its certificate lives a month and is
followed by the next one when half of that is gone.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.certificate_row import parsed
from pki.actions.issuance import Order, issue
from pki.actions.stored_keys import open_key, sealed_row
from pki.errors import CertiflowError, Conflict, Unavailable
from pki.models import Authority, Certificate
from pki.x509 import keys
from pki.x509.issuing import CertificateRequest
from pki.x509.names import COMMON_NAME_LIMIT
from pki.x509.ocsp import GOOD, UNKNOWN, Responder, Status
from pki.x509.profiles import OCSP_RESPONDER


def responder_of(authority_id: UUID, *, actor: Actor = SYSTEM) -> Responder:
    """The one that answers now, renewed first if it is time.

    A responder that is still valid goes on answering when its renewal fails. Raises
    Unavailable ``ocsp.no_responder`` when there is none, and what `issue` raises.
    """
    now = timezone.now()
    row = current_row(authority_id, now)
    if row is None or (
        row.not_after - now < OCSP_RESPONDER.lifetime / 2 and can_be_longer(row, authority_id)
    ):
        try:
            row = issue_responder(authority_id, actor=actor)
        except CertiflowError as error:
            row = current_row(authority_id, now)
            if row is None and isinstance(error, Conflict):
                raise no_responder() from error
            if row is None:
                raise
    if row.private_key is None:
        raise no_responder()
    key = open_key(row.private_key)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise no_responder()
    return Responder(parsed(row), key)


def no_responder() -> Unavailable:
    return Unavailable(
        "The OCSP responder's certificate is being issued at this moment. Ask again in a few "
        "seconds.",
        code="ocsp.no_responder",
    )


def current_row(authority_id: UUID, now: datetime) -> Certificate | None:
    return (
        Certificate.objects.filter(
            authority=authority_id,
            profile=OCSP_RESPONDER.name,
            state=Certificate.State.ISSUED,
            not_after__gt=now,
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
        private_key=sealed_row(key),
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
