"""How trust states look, and how certificates stand."""

from django.utils import timezone
from django.utils.safestring import SafeString

from pki.dashboard.templatetags import dashboard
from pki.models import TrustState, Workstation
from pki.models.workstation import Standing

STATES = {
    TrustState.PENDING: ("Pending", "soon", "hourglass"),
    TrustState.APPROVED: ("Approved", "accent", "check"),
    TrustState.TRUSTED: ("Trusted", "good", "shield-check"),
    TrustState.DENIED: ("Denied", "quiet", "circle-minus"),
    TrustState.REVOKED: ("Revoked", "bad", "ban"),
}

STANDINGS = {
    Standing.FIRST: ("good", "circle-check"),
    Standing.RENEWED: ("good", "refresh"),
    Standing.DUE: ("soon", "clock"),
    Standing.EXPIRED: ("bad", "circle-x"),
}


def state_badge(state: str) -> SafeString:
    return dashboard.badge(*STATES[TrustState(state)])


def standing_badge(row: Workstation) -> SafeString:
    """Empty where there is no certificate."""
    standing = row.standing(timezone.now())
    if standing == Standing.NONE:
        return SafeString("")
    return dashboard.badge(standing.label, *STANDINGS[standing])
