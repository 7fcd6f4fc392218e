"""A second factor that was lost: taken away, so that the person can add another one."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from pki.actions.accounts import end_sessions
from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import Conflict
from pki.models import User


def reset_second_factors(user: User, *, actor: Actor) -> int:
    """How many there were, recovery codes among them; whoever is signed in signs in anew.

    Raises Conflict ``user.no_second_factor``.
    """
    with transaction.atomic():
        changed = User.objects.select_for_update().get(pk=user.pk)
        removed, _ = Authenticator.objects.filter(user=changed).delete()
        if not removed:
            raise Conflict(
                f"{changed.username} has no second factor, and nothing was changed.",
                code="user.no_second_factor",
            )
        end_sessions(changed)
        record(actor, "user.two_step_changed", changed, change="reset", number=removed)
    return removed
