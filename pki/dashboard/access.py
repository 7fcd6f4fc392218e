"""In whose name an action runs, where a request came from, and what was refused to it."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from pki.actions.actor import Actor
from pki.actions.strangers import record_bounded
from pki.client_address import client_address
from pki.errors import CertiflowError
from pki.models import Role, User


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


def may_decide(request: HttpRequest) -> bool:
    """Whether the person may do what operators do."""
    return isinstance(request.user, User) and request.user.has_role(Role.OPERATOR)


def is_administrator(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.has_role(Role.ADMINISTRATOR)


def actor_of(request: HttpRequest) -> Actor:
    """The person behind this request, as the audit trail names them."""
    address = client_address(request)
    if isinstance(request.user, User):
        return Actor(
            name=request.user.username, door="dashboard", user=request.user, address=address
        )
    return Actor(name="anonymous", door="dashboard", user=None, address=address)
