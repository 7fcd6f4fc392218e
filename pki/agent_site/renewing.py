"""Renewing by either protocol: with the certificate that was shown, or after approval."""

from pki.actions.registration import Registration, register
from pki.actions.workstation_certificates import renew_workstation
from pki.agent_site.caller import Caller
from pki.models import Certificate
from pki.x509.requests import ParsedRequest


def renewed(known: Caller, request: ParsedRequest) -> Certificate | None:
    """None where the certificate shown was superseded: the new key waits for approval then."""
    row = known.workstation()
    if not known.is_superseded:
        return renew_workstation(row, request, shown=known.certificate_id, actor=known.actor)
    registration = Registration(
        agent_id=row.agent_id, request=request, hostname=row.hostname, superseded=True
    )
    return register(registration, actor=known.actor).certificate
