"""At each page of a person who signed in: not idle for too long, and with a second factor."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from pki.actions.sign_in_policy import current_sign_in_policy, idle_limit, must_enrol
from pki.dashboard.access import page_before, page_name
from pki.dashboard.access_rules import is_open, is_while_enrolling
from pki.dashboard.accounts.sign_in_events import ACTIVE_AT, SIGNED_IN_AT
from pki.models import User

#: Seconds between two notes of activity, since each is a write.
NOTE_EVERY = 60


class SignInPolicyMiddleware:
    """Before the rules of access; views open to all are open here, too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        name = page_name(request)
        if is_open(name) or not isinstance(request.user, User):
            return None
        policy = current_sign_in_policy()
        why = reason_to_end(request, idle_limit(policy, request.user))
        if why:
            return ended(request, why)
        # By name: the path of a request is partly what its sender says.
        if not is_while_enrolling(name) and must_enrol(policy, request.user, timezone.now()):
            messages.info(
                request, "Your role needs a second factor. Add one here; then you can go on."
            )
            return redirect("mfa_index")
        return None


def reason_to_end(request: HttpRequest, idle: timedelta | None) -> str:
    """Empty if the session may go on, whose activity is then noted."""
    now, session = int(time.time()), request.session
    since = session.setdefault(SIGNED_IN_AT, now)
    active = session.get(ACTIVE_AT, since)
    # Notes of activity keep the session's row from expiring, so its age is looked at here.
    if now - since > settings.SESSION_COOKIE_AGE:
        hours = settings.SESSION_COOKIE_AGE // 3600
        return f"You were signed out {hours} hours after signing in."
    if idle is not None and now - active > idle.total_seconds():
        minutes = int(idle.total_seconds() // 60)
        return f"You were signed out because nothing was done here for {minutes} minutes."
    # Also when the clock was set back. What htmx asks for by itself is no activity of a person.
    if "HX-Request" not in request.headers and abs(now - active) >= NOTE_EVERY:
        session[ACTIVE_AT] = now
    return ""


def ended(request: HttpRequest, why: str) -> HttpResponse:
    """To the sign-in, and from there back; a form that was sent is not kept."""
    asked_again = request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers
    back = request.get_full_path() if asked_again else page_before(request)
    logout(request)
    messages.info(request, why)
    return redirect_to_login(back)
