"""A person's secret calendar address: made, replaced, and found again by its hash."""

import hashlib
import secrets

from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.models import CalendarFeed, User


def make_feed(user: User, *, actor: Actor) -> str:
    """The token of the address, which nobody can read again; the one before it ends."""
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        CalendarFeed.objects.filter(user=user).delete()
        CalendarFeed.objects.create(user=user, sha256=digest(token))
        record(actor, "calendar.made", user)
    return token


def is_known(token: str) -> bool:
    """Whether somebody who may still sign in has this address.

    The hash is looked up, so that the time it takes tells nothing of the tokens there are.
    """
    return CalendarFeed.objects.filter(sha256=digest(token), user__is_active=True).exists()


def digest(token: str) -> str:
    """Plain SHA-256: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
