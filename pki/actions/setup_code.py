"""The one-time code, and the first administrator, whom it lets in."""

import base64
import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pki.actions.accounts import add_user
from pki.actions.actor import Actor
from pki.errors import Conflict, InvalidInput
from pki.models import Authority, Role, SetupCode, User

VALID_FOR = timedelta(hours=24)


def is_set_up() -> bool:
    """Whether there is an administrator and a root: then there is nothing left to set up."""
    return has_administrator() and Authority.objects.exists()


def has_administrator() -> bool:
    return User.objects.filter(is_active=True, role=Role.ADMINISTRATOR).exists()


def new_setup_code() -> str:
    """A fresh code, ``XXXX-XXXX-XXXX``, valid for a day; the ones before it stop working."""
    text = base64.b32encode(secrets.token_bytes(8)).decode()[:12]
    code = "-".join((text[:4], text[4:8], text[8:]))
    with transaction.atomic():
        SetupCode.objects.filter(used_at=None).delete()
        SetupCode.objects.create(sha256=digest(code), expires_at=timezone.now() + VALID_FOR)
    return code


def create_first_administrator(
    code: str, username: str, password: str, *, actor: Actor, email: str = ""
) -> User:
    """The administrator's account, and the code is used up. Raises InvalidInput ``setup.code``."""
    with transaction.atomic():
        found = (
            SetupCode.objects.select_for_update()
            .filter(sha256=digest(code), used_at=None, expires_at__gt=timezone.now())
            .first()
        )
        if found is None:
            raise InvalidInput(
                "This is not the set-up code, or it is older than a day. It is printed where "
                "“make run” or “certiflow up” was started; starting again prints a new one.",
                code="setup.code",
                field="code",
            )
        user = first_administrator(username, password, actor=actor, email=email)
        found.used_at = timezone.now()
        found.save(update_fields=["used_at"])
    return user


def first_administrator(username: str, password: str, *, actor: Actor, email: str = "") -> User:
    """Without a code, for someone with a shell on this machine. Raises ``setup.done``."""
    if has_administrator():
        raise Conflict(
            "There is an administrator already. Sign in; other accounts are made under Settings, "
            "Users.",
            code="setup.done",
        )
    return add_user(username, password, Role.ADMINISTRATOR, actor=actor, email=email)


def digest(code: str) -> str:
    plain = "".join(code.upper().split()).replace("-", "")
    return hashlib.sha256(plain.encode()).hexdigest()
