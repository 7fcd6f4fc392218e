"""Making enrollment tokens, taking them back, and using one up."""

import fnmatch
import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.registration_policy import LONGEST_AUTOMATIC, MOST_USES, operator_limit
from pki.errors import Conflict, Forbidden, InvalidInput
from pki.models import EnrollmentToken

LONGEST = timedelta(days=366)
NAME_LIMIT = 100


def make_token(
    name: str,
    *,
    actor: Actor,
    lifetime: timedelta = timedelta(days=7),
    uses: int = 1,
    automatic: bool = False,
    name_pattern: str = "",
) -> tuple[EnrollmentToken, str]:
    """The stored row and the token itself, which nobody can read again.

    Raises InvalidInput on ``name``, ``days``, ``uses`` or ``name_pattern``, and Forbidden
    ``token.beyond_limit`` for an automatic one that only an administrator may make.
    """
    check(name, lifetime, uses, name_pattern)
    if automatic:
        check_automatic(lifetime, uses, actor)
    token = f"cft_{secrets.token_urlsafe(24)}"
    with transaction.atomic():
        row = EnrollmentToken.objects.create(
            name=name.strip(),
            sha256=digest(token),
            prefix=token[:8],
            automatic=automatic,
            name_pattern=name_pattern.strip(),
            uses_allowed=uses,
            created_by=actor.name[:150],
            expires_at=timezone.now() + lifetime,
        )
        record(
            actor,
            "token.made",
            row,
            uses=uses,
            automatic=automatic,
            name_pattern=row.name_pattern,
            expires_at=row.expires_at.isoformat(),
        )
    return row, token


def check(name: str, lifetime: timedelta, uses: int, name_pattern: str) -> None:
    if not name.strip() or len(name.strip()) > NAME_LIMIT:
        raise InvalidInput(
            f"Give the token a name of 1 to {NAME_LIMIT} characters, such as “Branch office, "
            "June”.",
            code="token.name",
            field="name",
        )
    if not timedelta(minutes=1) <= lifetime <= LONGEST:
        raise InvalidInput(
            f"A token lives for one day at least and {LONGEST.days} days at most.",
            code="token.lifetime",
            field="days",
        )
    if not 1 <= uses <= MOST_USES:
        raise InvalidInput(
            f"A token can be used 1 to {MOST_USES:,} times.", code="token.uses", field="uses"
        )
    if len(name_pattern.strip()) > NAME_LIMIT:
        raise InvalidInput(
            f"The name pattern has more than {NAME_LIMIT} characters. Use “*”, as in “office-*”.",
            code="token.name_pattern",
            field="name_pattern",
        )


def check_automatic(lifetime: timedelta, uses: int, actor: Actor) -> None:
    """Whoever has such a token is trusted without anybody's look: it is kept short."""
    if lifetime > LONGEST_AUTOMATIC:
        raise InvalidInput(
            f"A token without approval lives for {LONGEST_AUTOMATIC.days} days at most. Choose "
            "fewer days, or let a person approve the workstations that bring it.",
            code="token.lifetime",
            field="days",
        )
    if actor.is_administrator:
        return
    limit = operator_limit()
    if not limit.allows_any:
        raise Forbidden(
            "Only administrators make tokens without approval. Leave the box empty, or ask an "
            "administrator to make this one or to set a limit for operators.",
            code="token.beyond_limit",
            field="automatic",
        )
    if uses > limit.uses or lifetime > timedelta(days=limit.days):
        raise Forbidden(
            f"Operators make tokens without approval for {limit.uses:,} workstations and "
            f"{limit.days} days at most. Give less, or ask an administrator.",
            code="token.beyond_limit",
            field="uses" if uses > limit.uses else "days",
        )


def withdraw_token(token: EnrollmentToken, *, actor: Actor) -> EnrollmentToken:
    """No workstation registers with it from now on. Raises Conflict ``token.withdrawn``."""
    with transaction.atomic():
        row = EnrollmentToken.objects.select_for_update().get(pk=token.pk)
        if row.withdrawn_at is not None:
            raise Conflict("This token was withdrawn already.", code="token.withdrawn")
        row.withdrawn_at = timezone.now()
        row.save(update_fields=["withdrawn_at"])
        record(actor, "token.withdrawn", row, uses=row.uses)
    return row


def use_up(token: str, hostname: str) -> EnrollmentToken:
    """Count one use, inside the caller's transaction.

    Raises Forbidden ``token.invalid``, ``token.withdrawn``, ``token.expired``, ``token.used``
    or ``token.name_pattern``.
    """
    row = EnrollmentToken.objects.select_for_update().filter(sha256=digest(token)).first()
    if row is None:
        raise Forbidden("This enrollment token is not known here.", code="token.invalid")
    refuse_unusable(row)
    if row.name_pattern and not matches(row.name_pattern, hostname):
        raise Forbidden(
            "This enrollment token is for computers with other names.", code="token.name_pattern"
        )
    EnrollmentToken.objects.filter(pk=row.pk).update(uses=F("uses") + 1)
    return row


def refuse_unusable(row: EnrollmentToken) -> None:
    sentence = {
        "withdrawn": "This enrollment token was withdrawn.",
        "expired": "This enrollment token has expired.",
        "used": "This enrollment token was used as often as it may be.",
    }
    condition = row.condition(timezone.now())
    if condition in sentence:
        raise Forbidden(
            f"{sentence[condition]} Ask an administrator for a new one.", code=f"token.{condition}"
        )


def matches(pattern: str, hostname: str) -> bool:
    """``*`` for any letters; capital letters or not is the same."""
    literal = pattern.lower().replace("[", "[[]")
    return fnmatch.fnmatchcase(hostname.lower(), literal)


def digest(token: str) -> str:
    """Plain SHA-256: 192 random bits need no slow hash."""
    return hashlib.sha256(token.strip().encode()).hexdigest()
