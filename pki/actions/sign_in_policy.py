"""How long people who signed in may be idle, and who needs a second factor."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.errors import InvalidInput
from pki.models import Role, SignInPolicy, User

#: Activity is noted once a minute, so fewer would end sessions that are in use; a session ends by
#: its age in any case (SESSION_COOKIE_AGE).
IDLE_MINUTES = range(5, 480 + 1)
#: After the first account: until then the installation is being set up.
FIRST_DAY = timedelta(days=1)
#: Recovery codes stand in for one of these and are none by themselves.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def current_sign_in_policy() -> SignInPolicy:
    """As stored, or the one that holds until somebody chooses."""
    return SignInPolicy.objects.filter(pk=1).first() or SignInPolicy(pk=1)


def change_sign_in_policy(
    *,
    administrator_idle_minutes: int,
    other_idle_minutes: int,
    second_factor_roles: Iterable[str],
    actor: Actor,
) -> SignInPolicy:
    """Holds from the next request of everybody. Raises InvalidInput ``sign_in.…``."""
    values: dict[str, Any] = {
        "administrator_idle_minutes": checked_minutes(
            administrator_idle_minutes, "administrator_idle_minutes"
        ),
        "other_idle_minutes": checked_minutes(other_idle_minutes, "other_idle_minutes"),
        "second_factor_roles": checked_roles(second_factor_roles),
    }
    with transaction.atomic():
        policy, _ = SignInPolicy.objects.update_or_create(pk=1, defaults=values)
        record(actor, "sign_in.policy_changed", **values)
    return policy


def checked_minutes(minutes: int, field: str) -> int:
    if minutes and minutes not in IDLE_MINUTES:
        raise InvalidInput(
            f"{minutes} minutes is out of range. Choose {IDLE_MINUTES[0]} to {IDLE_MINUTES[-1]}, "
            "or 0 for no limit.",
            code="sign_in.idle",
            field=field,
        )
    return minutes


def checked_roles(roles: Iterable[str]) -> list[str]:
    wanted = set(roles)
    unknown = wanted - set(Role.values)
    if unknown:
        raise InvalidInput(
            f"“{min(unknown)[:20]}” is not a role. Choose among: {', '.join(Role.values)}.",
            code="sign_in.role",
            field="second_factor_roles",
        )
    return [role for role in Role.values if role in wanted]


def idle_limit(policy: SignInPolicy, user: User) -> timedelta | None:
    administrator = user.role == Role.ADMINISTRATOR
    minutes = policy.administrator_idle_minutes if administrator else policy.other_idle_minutes
    return timedelta(minutes=minutes) if minutes else None


def required_from() -> datetime | None:
    """When second factors begin to be required; None before there is an account."""
    first = User.objects.order_by("date_joined").values_list("date_joined", flat=True).first()
    return first + FIRST_DAY if first else None


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists()


def must_enrol(policy: SignInPolicy, user: User, now: datetime) -> bool:
    """Whether this person gets to nothing else before having a second factor."""
    if user.role not in policy.second_factor_roles or has_second_factor(user):
        return False
    begins = required_from()
    return begins is not None and begins <= now


def with_second_factor() -> "QuerySet[Any]":
    """Everybody, each with ``has_second_factor``."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
    return User.objects.annotate(has_second_factor=Exists(factors))


def without_second_factor(roles: Iterable[str]) -> "QuerySet[Any]":
    """People of these roles who may sign in and have none."""
    return with_second_factor().filter(
        has_second_factor=False, is_active=True, role__in=list(roles)
    )
