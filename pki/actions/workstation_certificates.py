"""The certificate of a workstation: the first one, the same one again, a renewed one."""

from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.issuance import Order, issue
from pki.actions.key_reuse import key_used_before
from pki.errors import Conflict, Forbidden, InvalidInput
from pki.models import Certificate, Workstation
from pki.x509 import keys, names
from pki.x509.issuing import CertificateRequest
from pki.x509.profiles import WORKSTATION
from pki.x509.requests import ParsedRequest


def certificate_for(
    workstation: Workstation, public_key: keys.PublicKey, *, actor: Actor
) -> Certificate:
    """The current certificate if it is for this key and still valid, else a new one.

    Raises Conflict ``workstation.busy`` while another request of the same agent is served.
    """
    current = workstation.certificate
    if current is not None and is_answer(current, public_key):
        return current
    return issue_once(workstation, public_key, actor)


def issue_once(workstation: Workstation, public_key: keys.PublicKey, actor: Actor) -> Certificate:
    """A new one, or the one that another request of the same agent got meanwhile."""
    try:
        return issue(order(workstation, public_key, replaces=workstation.certificate), actor=actor)
    except Conflict as error:
        if error.code not in {"workstation.busy", "workstation.changed"}:
            raise
        fresh = Workstation.objects.select_related("certificate").get(pk=workstation.pk)
        if fresh.certificate is not None and is_answer(fresh.certificate, public_key):
            return fresh.certificate
        raise Conflict(error.message, code="workstation.busy") from None


def renew_workstation(
    workstation: Workstation, request: ParsedRequest, *, shown: int, actor: Actor
) -> Certificate:
    """A certificate for the request's key in the place of the one that was shown.

    ``shown`` is the key of the row of the certificate the agent came with. An agent that
    lost the answer comes again with the one before and gets the same answer, until it has shown
    the new one. Raises InvalidInput on ``csr``, Forbidden ``certificate.superseded`` and
    ``workstation.revoked``, Conflict ``workstation.busy``.
    """
    if workstation.has_superseded(shown):
        raise superseded()
    refuse_revoked(workstation)
    if request.common_name.lower() not in {"", workstation.agent_id.lower()}:
        raise InvalidInput(
            f"The certificate request is for “{names.printable(request.common_name)[:64]}”; this "
            f"workstation is “{workstation.agent_id}” and can ask for that name only.",
            code="request.foreign_name",
            field="csr",
        )
    WORKSTATION.check_key(request.spec)
    key = keys.public_key_sha256(request.public_key)
    current = workstation.certificate
    if current is not None and current.pk != shown and is_answer(current, request.public_key):
        return current
    if current is not None and key != current.public_key_sha256:
        refuse_foreign_key(workstation, keys.key_identity(request.public_key))
    return issue_once(workstation, request.public_key, actor)


def superseded() -> Forbidden:
    return Forbidden(
        "A newer certificate of this workstation is in use, so this one is not accepted any more. "
        "If this machine was restored from a copy, renew: its new key then waits for approval.",
        code="certificate.superseded",
    )


def refuse_revoked(workstation: Workstation) -> None:
    """Earlier versions revoked a current certificate and left its workstation admitted."""
    current = workstation.certificate
    if current is not None and current.state == Certificate.State.REVOKED:
        raise Forbidden(
            "The newest certificate of this workstation was revoked, so no other one takes its "
            "place. Ask an administrator to revoke and reinstate the workstation.",
            code="workstation.revoked",
        )


def refuse_foreign_key(workstation: Workstation, identity: str) -> None:
    used = Certificate.objects.filter(key_identity=identity).exclude(workstation=workstation)
    revoked = Certificate.objects.filter(key_identity=identity, state=Certificate.State.REVOKED)
    if used.exists() or revoked.exists():
        raise key_used_before("csr")


def is_answer(certificate: Certificate, public_key: keys.PublicKey) -> bool:
    return (
        certificate.state == Certificate.State.ISSUED
        and certificate.public_key_sha256 == keys.public_key_sha256(public_key)
        and certificate.not_after > timezone.now()
    )


def order(
    workstation: Workstation, public_key: keys.PublicKey, *, replaces: Certificate | None
) -> Order:
    return Order(
        request=CertificateRequest(
            profile=WORKSTATION, common_name=workstation.agent_id, public_key=public_key
        ),
        source=Certificate.Source.REQUEST,
        workstation=workstation,
        replaces=replaces,
    )
