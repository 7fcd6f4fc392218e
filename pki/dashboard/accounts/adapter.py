"""How allauth behaves here: nobody signs up, and a proxy is believed only if it is ours."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from pki.client_address import client_address


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        # Rate limits count by it; a peer without an address shares one count.
        return client_address(request) or "0.0.0.0"  # noqa: S104
