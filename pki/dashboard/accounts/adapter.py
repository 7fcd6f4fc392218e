"""How allauth behaves here: nobody signs up, and a name alone is never locked."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from pki.client_address import client_address
from pki.dashboard.accounts.attempt_events import note_limited
from pki.dashboard.accounts.attempts import PASSWORD, SECOND_FACTOR, password_attempt

LIMITS = {"too_many_login_attempts", PASSWORD.slow, SECOND_FACTOR.slow}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": "Too many failed attempts from your address. Wait five "
        "minutes, then try again.",
        "password_slow": "Many passwords were tried for this name from elsewhere, so it takes one "
        "attempt every 20 seconds from addresses it never signed in from. Wait 20 seconds, then "
        "try again; from a computer used before, or with a passkey, there is no wait.",
        "second_factor_slow": "Many codes were tried for this name from elsewhere, so it takes one "
        "attempt a minute from addresses it never signed in from. Wait a minute, then try again; "
        "from a computer used before there is no wait.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        # Rate limits count by it; a peer without an address shares one count.
        return client_address(request) or "0.0.0.0"  # noqa: S104

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        # Taken back by allauth when the password is right.
        self._login_failed_rl_usage = password_attempt(request, str(credentials["username"]))

    def validation_error(self, code: str, *args: object) -> ValidationError:
        # Every limit of sign-ins and second steps ends in one of these refusals.
        if code in LIMITS and context.request is not None:
            note_limited(context.request)
        error: ValidationError = super().validation_error(code, *args)
        return error
