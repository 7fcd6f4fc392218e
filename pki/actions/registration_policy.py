"""Who may register a workstation without an enrollment token."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.models import RegistrationPolicy


@dataclass(frozen=True)
class Policy:
    #: Without a token: registers, and waits for approval.
    open: bool
    #: Without a token: registers and is approved at once.
    automatic: bool


def current_policy() -> Policy:
    """As stored; ``CERTIFLOW_AUTOMATIC_REGISTRATION`` switches both on whatever is stored."""
    if settings.AUTOMATIC_REGISTRATION:
        return Policy(open=True, automatic=True)
    stored = RegistrationPolicy.objects.filter(pk=1).first()
    if stored is None:
        return Policy(open=False, automatic=False)
    return Policy(open=stored.open or stored.automatic, automatic=stored.automatic)


def change_policy(*, open_to_all: bool, automatic: bool, actor: Actor) -> Policy:
    """Takes effect with the next registration; who is registered stays."""
    with transaction.atomic():
        RegistrationPolicy.objects.update_or_create(
            pk=1, defaults={"open": open_to_all or automatic, "automatic": automatic}
        )
        record(actor, "registration.changed", open=open_to_all or automatic, automatic=automatic)
    return Policy(open=open_to_all or automatic, automatic=automatic)
