"""Who may register a workstation without an enrollment token."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import InvalidInput
from pki.models import RegistrationPolicy

#: How often any token can be used, and how long one lives that needs nobody's approval.
MOST_USES = 100_000
LONGEST_AUTOMATIC = timedelta(days=90)


@dataclass(frozen=True)
class Policy:
    #: Without a token: registers, and waits for approval.
    open: bool
    #: Without a token: registers and is approved at once.
    automatic: bool


@dataclass(frozen=True)
class OperatorLimit:
    """How far an automatic token that an operator makes may go; with a 0, operators make none."""

    uses: int = 0
    days: int = 0

    @property
    def allows_any(self) -> bool:
        return self.uses > 0 and self.days > 0


def current_policy() -> Policy:
    """As stored; ``CERTIFLOW_AUTOMATIC_REGISTRATION`` switches both on whatever is stored."""
    if settings.AUTOMATIC_REGISTRATION:
        return Policy(open=True, automatic=True)
    stored = RegistrationPolicy.objects.filter(pk=1).first()
    if stored is None:
        return Policy(open=False, automatic=False)
    return Policy(open=stored.open or stored.automatic, automatic=stored.automatic)


def operator_limit() -> OperatorLimit:
    stored = RegistrationPolicy.objects.filter(pk=1).first()
    if stored is None:
        return OperatorLimit()
    return OperatorLimit(stored.operator_uses, stored.operator_days)


def change_policy(
    *, open_to_all: bool, automatic: bool, actor: Actor, limit: OperatorLimit | None = None
) -> Policy:
    """Takes effect with the next registration; who is registered stays.

    Without a ``limit`` that for operators' automatic tokens stays as it is. Raises
    InvalidInput on ``operator_uses`` or ``operator_days``.
    """
    chosen: dict[str, Any] = {"open": open_to_all or automatic, "automatic": automatic}
    if limit is not None:
        chosen |= limit_columns(limit)
    with transaction.atomic():
        RegistrationPolicy.objects.update_or_create(pk=1, defaults=chosen)
        record(actor, "registration.changed", **chosen)
    return Policy(open=open_to_all or automatic, automatic=automatic)


def limit_columns(limit: OperatorLimit) -> dict[str, int]:
    columns = {"operator_uses": limit.uses, "operator_days": limit.days}
    most = {"operator_uses": MOST_USES, "operator_days": LONGEST_AUTOMATIC.days}
    for name, value in columns.items():
        if not 0 <= value <= most[name]:
            raise InvalidInput(
                f"The limit for operators' automatic tokens is a number from 0 (none) to "
                f"{most[name]:,}.",
                code="registration.limit",
                field=name,
            )
    return columns
