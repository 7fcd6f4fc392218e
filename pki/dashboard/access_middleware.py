"""Lets a request through only as the rule of its address says; without a rule, nobody."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from pki.dashboard.access import page_before, page_name
from pki.dashboard.access_rules import ANYONE, RULES, Fresh, Rule, Who
from pki.dashboard.refusals import refused
from pki.errors import Forbidden, InvalidInput
from pki.models import User

logger = logging.getLogger(__name__)

READING = {"GET", "HEAD"}


class AccessMiddleware:
    """Sign-in, method, role and fresh sign-in, in this order, before any view is called."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, arguments: dict[str, Any]
    ) -> HttpResponse | None:
        name = page_name(request)
        rule = RULES.get(name)
        if rule is None:
            logger.error("%s has no rule in pki.dashboard.access_rules.", name or request.path)
            return refused(request, NO_RULE)
        reading = request.method in READING
        who = rule.read if reading else rule.change
        if who == ANYONE or (who is None and ANYONE in {rule.read, rule.change}):
            # An open view refuses the methods that it does not know itself.
            return None
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if who is None or request.method not in {*READING, "POST"}:
            return not_allowed(request, rule)
        if not isinstance(request.user, User) or not request.user.has_role(who):
            return refused(request, role_missing(who))
        if is_fresh_enough(request, rule, arguments, reading=reading):
            return None
        return ask_again(request)


NO_RULE = Forbidden(
    "Nobody may open this page, since no rule says who may. Tell whoever maintains this product.",
    code="access.no_rule",
)


def role_missing(role: Who) -> Forbidden:
    return Forbidden(
        f"This needs the role {role}. An administrator can change your role under Settings, Users.",
        code="access.role",
    )


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """And back: to this page, or to the one whose button was pressed."""
    reading = request.method in READING
    return redirect_to_login(request.get_full_path() if reading else page_before(request))


def not_allowed(request: HttpRequest, rule: Rule) -> HttpResponse:
    allowed = [
        *(("GET", "HEAD") if rule.read is not None else ()),
        *(("POST",) if rule.change is not None else ()),
    ]
    sentence = (
        f"This address takes {' and '.join(allowed)} only."
        if rule.read is not None
        else "This address takes only what a button sends. Go to the page with the button."
    )
    error = InvalidInput(sentence, code="method.not_allowed")
    response = refused(request, error, status=405)
    response["Allow"] = ", ".join(allowed)
    return response


def is_fresh_enough(
    request: HttpRequest, rule: Rule, arguments: dict[str, Any], *, reading: bool
) -> bool:
    needed = (
        rule.fresh is Fresh.ALWAYS
        or (rule.fresh is Fresh.TO_CHANGE and not reading)
        or (rule.fresh_when is not None and rule.fresh_when(request, arguments))
    )
    return not needed or did_recently_reauthenticate(request)


def ask_again(request: HttpRequest) -> HttpResponse:
    """For the password, a code or a passkey; afterwards back to the page with the button.

    A form that comes too late is not kept until then, since it may hold a password.
    """
    back = request.get_full_path()
    if request.method not in READING:
        back = page_before(request)
        messages.info(
            request, "Confirm that it is you, then send the form again. Nothing was done yet."
        )
    methods = get_adapter().get_reauthentication_methods(request.user)
    return redirect(f"{methods[0]['url']}?{urlencode({'next': back})}")
