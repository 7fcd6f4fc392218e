"""How trust states look."""

from django.utils.safestring import SafeString

from pki.dashboard.templatetags import dashboard
from pki.models import TrustState

STATES = {
    TrustState.PENDING: ("Pending", "soon", "hourglass"),
    TrustState.APPROVED: ("Approved", "accent", "check"),
    TrustState.TRUSTED: ("Trusted", "good", "shield-check"),
    TrustState.DENIED: ("Denied", "quiet", "circle-minus"),
    TrustState.REVOKED: ("Revoked", "bad", "ban"),
}


def state_badge(state: str) -> SafeString:
    return dashboard.badge(*STATES[TrustState(state)])
