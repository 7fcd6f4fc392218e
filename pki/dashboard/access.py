"""Who may do what in the dashboard, and in whose name an action runs."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from pki.actions.actor import Actor
from pki.actions.strangers import record_bounded
from pki.client_address import client_address
from pki.errors import CertiflowError, Forbidden
from pki.models import Role, User

View = Callable[..., HttpResponseBase]


def role_required(role: Role) -> Callable[[View], View]:
    """Lets in whoever is signed in with ``role`` or one above it; tells the others why not."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            check_role(request, role)
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate


administrator_required = role_required(Role.ADMINISTRATOR)
operator_required = role_required(Role.OPERATOR)


def fresh_sign_in_required(view: View) -> View:
    """Asks for the password, a code or a passkey again unless that was done minutes ago.

    A form that comes too late is not kept until then, since it may hold a password;
    the person is sent back to the page it came from and told to send it again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if did_recently_reauthenticate(request):
            return view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            raise ReauthenticationRequired()
        messages.info(
            request, "Confirm that it is you, then send the form again. Nothing was done yet."
        )
        methods = get_adapter().get_reauthentication_methods(request.user)
        return redirect(f"{methods[0]['url']}?{urlencode({'next': page_before(request)})}")

    return login_required(guarded)


def page_before(request: HttpRequest) -> str:
    """The path of the page this request was sent from, if that was one of ours."""
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=True):
        return urlsplit(referer).path or "/"
    return "/"


def page_name(request: HttpRequest) -> str:
    """The name of the address, which holds no secret as the address itself may."""
    match = request.resolver_match
    return (match.view_name if match else None) or ""


def note_refusal(request: HttpRequest, error: CertiflowError) -> None:
    """An event for what somebody may not do, within the bounds of the audit trail."""
    page = page_name(request)
    who = actor_of(request)
    record_bounded(
        who,
        "access.refused",
        sort=f"{who.name} {page} {error.code}",
        page=page,
        method=str(request.method)[:10],
        code=error.code,
    )


def check_role(request: HttpRequest, role: Role) -> None:
    user = request.user
    if not isinstance(user, User) or not user.has_role(role):
        raise Forbidden(
            f"This needs the role {role.label.lower()}. "
            "An administrator can change your role under Settings, Users.",
            code="access.role",
        )


def may_decide(request: HttpRequest) -> bool:
    """Whether the person may do what operators do."""
    return isinstance(request.user, User) and request.user.has_role(Role.OPERATOR)


def actor_of(request: HttpRequest) -> Actor:
    """The person behind this request, as the audit trail names them."""
    address = client_address(request)
    if isinstance(request.user, User):
        return Actor(
            name=request.user.username, door="dashboard", user=request.user, address=address
        )
    return Actor(name="anonymous", door="dashboard", user=None, address=address)
