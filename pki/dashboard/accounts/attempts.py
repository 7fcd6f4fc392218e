"""How often a password or a code may be tried, from where, and where that is counted."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from allauth.account.utils import filter_users_by_username
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from allauth.mfa.base.internal import flows
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import caches
from django.http import HttpRequest
from django.utils.connection import ConnectionProxy

from pki.actions.counters import network_of
from pki.actions.known_addresses import is_known_address
from pki.client_address import client_address
from pki.models import User


@dataclass(frozen=True)
class Step:
    """What is tried; its rates are in ``ACCOUNT_RATE_LIMITS`` under these names."""

    #: By address.
    name: str
    #: What somebody hears whose turn comes later: a key of the adapter's messages.
    slow: str

    @property
    def here(self) -> str:
        """By person and address."""
        return f"{self.name}_here"

    @property
    def strangers(self) -> str:
        """By person, all addresses together from which that person never signed in."""
        return f"{self.name}_strangers"

    @property
    def strangers_slow(self) -> str:
        """From then on."""
        return f"{self.name}_strangers_slow"


PASSWORD = Step("password", "password_slow")
SECOND_FACTOR = Step("second_factor", "second_factor_slow")


@dataclass(frozen=True)
class Attempt:
    """One try that was counted."""

    usages: list[RateLimitUsage]

    def rollback(self) -> None:
        """It was no guess."""
        for usage in self.usages:
            usage.rollback()


def password_attempt(request: HttpRequest, name: str) -> Attempt:
    """Raises ValidationError when it may not be tried now."""
    user = filter_users_by_username(name).first()
    who = f"user {user.pk}" if user else f"name {spelled(name)}"
    return attempt(request, PASSWORD, who, user)


def second_factor_attempt(user: User, error_key: str | None = None) -> Callable[[], None]:
    """In place of allauth's own, which locks a person's second step for everybody.

    Its answer is called when the code was right.
    """
    return attempt(context.request, SECOND_FACTOR, f"user {user.pk}", user, error_key).rollback


def spelled(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def attempt(
    request: HttpRequest, step: Step, who: str, user: User | None, error_key: str | None = None
) -> Attempt:
    refuse = get_adapter().validation_error
    too_many = error_key or "too_many_login_attempts"
    if user is not None and request.user.pk == user.pk:
        # A session is counted apart from its address: nobody beside it can stop it.
        here = consume(request, step.here, f"{who} session {request.session.session_key}")
        if here is None:
            raise refuse(too_many)
        return Attempt([here])
    network = network_of(client_address(request))
    by_address = consume(request, step.name)
    here = by_address and consume(request, step.here, f"{who} {network}")
    if by_address is None or here is None:
        raise refuse(too_many)
    if user is not None and is_known_address(user, network):
        return Attempt([by_address, here])
    turn = consume(request, step.strangers, who) or consume(request, step.strangers_slow, who)
    if turn is None:
        here.rollback()
        raise refuse(step.slow)
    return Attempt([by_address, here, turn])


def consume(request: HttpRequest, action: str, key: str | None = None) -> RateLimitUsage | None:
    return ratelimit.consume(request, app="allauth.account", action=action, key=key)


def count_apart() -> None:
    """allauth counts in the default cache, which is not only its own; before its forms are loaded.

    A code that was used is remembered in the same place.
    """
    ratelimit.cache = totp.cache = ConnectionProxy(caches, "counters")
    flows.check_rate_limit = second_factor_attempt
