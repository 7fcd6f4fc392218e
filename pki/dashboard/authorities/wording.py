"""What an authority is at the moment, in one word."""

from django.utils.safestring import SafeString

from pki.dashboard.templatetags.dashboard import badge
from pki.models import Authority


def role_badge(authority: Authority) -> SafeString:
    if authority.retired_at is not None:
        return badge("Retired", "quiet", "circle-minus")
    if authority.active:
        return badge("Active", "good", "circle-check")
    # Beside the active one: announced, or on its way out.
    return badge("Being replaced" if was_active(authority) else "Successor", "accent", "hourglass")


def was_active(authority: Authority) -> bool:
    return authority.rollovers_from.filter(is_open=True).exists()
