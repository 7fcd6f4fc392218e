"""How allauth behaves here: nobody signs up, and a proxy is believed only if it is ours."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from pki.client_address import client_address
from pki.dashboard.accounts.attempts import note_limited


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        # Rate limits count by it; a peer without an address shares one count.
        return client_address(request) or "0.0.0.0"  # noqa: S104

    def validation_error(self, code: str, *args: object) -> ValidationError:
        # Every limit of sign-ins and second steps ends in this refusal.
        if code == "too_many_login_attempts" and context.request is not None:
            note_limited(context.request)
        error: ValidationError = super().validation_error(code, *args)
        return error
