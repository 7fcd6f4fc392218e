"""Signing in and out, written to the audit trail."""

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.signals import password_changed
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from pki.actions.accounts import end_sessions
from pki.actions.audit import record
from pki.actions.counters import network_of
from pki.actions.known_addresses import remember_address
from pki.client_address import client_address
from pki.dashboard.accounts.attempt_events import actor, note_failed_sign_in, note_second_step
from pki.dashboard.accounts.sign_in_method import SECOND_STEPS, in_words
from pki.models import User

#: In the session, as seconds since 1970.
SIGNED_IN_AT = "signed_in_at"
ACTIVE_AT = "active_at"


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    method = in_words(get_authentication_records(request, user))
    with transaction.atomic():
        record(
            actor(request, user), "user.signed_in", user, **({"method": method} if method else {})
        )
        remember_address(user, network_of(client_address(request)))
    request.session[SIGNED_IN_AT] = request.session[ACTIVE_AT] = int(time.time())


@receiver(user_logged_out)
def signed_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        record(actor(request, user), "user.signed_out", user)


@receiver(user_login_failed)
def sign_in_failed(
    credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any
) -> None:
    note_failed_sign_in(request, str(credentials.get("username", "")))


@receiver(authentication_failed)
def second_step_failed(request: HttpRequest, user: User, authenticator: Any, **_: Any) -> None:
    note_second_step(request, user, SECOND_STEPS.get(authenticator.type, "second step"))


@receiver(password_changed)
def changed_password(request: HttpRequest, user: User, **_: Any) -> None:
    record(actor(request, user), "user.password_changed", user)


@receiver([authenticator_added, authenticator_removed, authenticator_reset])
def changed_two_step(
    signal: Any, request: HttpRequest, user: User, authenticator: Any = None, **_: Any
) -> None:
    what = {authenticator_added: "added", authenticator_removed: "removed"}.get(signal, "renewed")
    kind = authenticator.get_type_display() if authenticator else ""
    with transaction.atomic():
        # Somebody who got in without it, or with the one before, does not stay.
        end_sessions(user)
        record(actor(request, user), "user.two_step_changed", user, change=what, kind=str(kind))
    # This one goes on, under a new cookie.
    update_session_auth_hash(request, user)
