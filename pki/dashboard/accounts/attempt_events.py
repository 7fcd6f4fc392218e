"""Attempts that were stopped or wrong, written to the audit trail within its bounds."""

from allauth.account.utils import filter_users_by_username
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pki.actions.actor import Actor
from pki.actions.strangers import record_bounded
from pki.client_address import client_address
from pki.dashboard.access import actor_of, page_name
from pki.models import User


def actor(request: HttpRequest | None, user: User | None, name: str = "") -> Actor:
    return Actor(
        name=user.username if user else name,
        door="dashboard",
        user=user,
        address=client_address(request) if request else None,
    )


def note_limited(request: HttpRequest) -> None:
    page = page_name(request)
    record_bounded(actor_of(request), "user.sign_in_limited", sort=page, page=page)


def note_failed_sign_in(request: HttpRequest | None, name: str) -> None:
    # People type passwords where the name goes: only names that exist are written down.
    user = filter_users_by_username(name[:150]).first()
    known = user.username if user else "unknown"
    record_bounded(actor(request, None, known), "user.sign_in_failed", user, sort=known)


def note_second_step(request: HttpRequest, user: User | None, kind: str) -> None:
    """The password was right where there is a user, so this is worth a look."""
    name = user.username if user else "unknown"
    record_bounded(
        actor(request, None, name),
        "user.second_step_failed",
        user,
        sort=f"{name} {kind}",
        kind=kind,
    )


def note_setup_code(request: HttpRequest) -> None:
    stranger = Actor(name="unknown", door="setup", address=client_address(request))
    record_bounded(stranger, "setup.code_refused")


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """Status 429, of the sign-in pages and for set-up codes."""
    note_limited(request)
    return render(request, "429.html", status=429)
