"""The people who sign in: adding them, changing what they may do, new passwords."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.recipients import checked_address
from pki.errors import Conflict, InvalidInput
from pki.models import CalendarFeed, Role, User

USERNAME_LIMIT = 150


def add_user(username: str, password: str, role: str, *, actor: Actor, email: str = "") -> User:
    """Raises InvalidInput on the field in question, Conflict ``user.exists``."""
    name = checked_username(username)
    user = User(username=name, role=checked_role(role), email=checked_email(email))
    check_password(password, user)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            record(actor, "user.added", user, role=user.role)
    except IntegrityError:
        raise Conflict(
            f"There is a user {name} already. Choose another name.",
            code="user.exists",
            field="username",
        ) from None
    return user


def change_user(
    user: User, *, actor: Actor, role: str, is_active: bool, email: str | None = None
) -> User:
    """A new role, closed or opened, another e-mail address where one is given.

    Raises Conflict ``user.last_administrator``, InvalidInput on ``role`` or ``email``.
    """
    role = checked_role(role)
    address = None if email is None else checked_email(email)
    with transaction.atomic():
        # In one order for everybody, so that two administrators cannot both demote the other.
        administrators = list(
            User.objects.select_for_update()
            .filter(role=Role.ADMINISTRATOR, is_active=True)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        changed = User.objects.select_for_update().get(pk=user.pk)
        stays = is_active and role == Role.ADMINISTRATOR
        if administrators == [changed.pk] and not stays:
            raise Conflict(
                f"{changed.username} is the only administrator. Make someone else one first.",
                code="user.last_administrator",
                field="role",
            )
        before = standing(changed)
        if (changed.role, changed.is_active) != (role, is_active):
            # Neither a closed account nor a role that was taken away comes back in a session.
            end_sessions(changed)
        if changed.is_active != is_active:
            # Nor does its calendar, which needs no sign-in; closed accounts of before have one.
            CalendarFeed.objects.filter(user=changed).delete()
        changed.role, changed.is_active = role, is_active
        if address is not None:
            changed.email = address
        changed.save(update_fields=["role", "is_active", "email"])
        record(actor, "user.changed", changed, before=before, **standing(changed))
    return changed


def end_sessions(user: User) -> None:
    """Whoever is signed in as this person signs in anew; in the caller's transaction."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])


def standing(user: User) -> dict[str, object]:
    told: dict[str, object] = {"role": user.role, "is_active": user.is_active}
    return {**told, "email": user.email} if user.email else told


def set_password(user: User, password: str, *, actor: Actor) -> None:
    """A new password; whoever is signed in with the old one is signed out."""
    check_password(password, user)
    with transaction.atomic():
        changed = User.objects.select_for_update().get(pk=user.pk)
        changed.set_password(password)
        changed.save(update_fields=["password"])
        record(actor, "user.password_changed", changed)


def checked_username(username: str) -> str:
    name = username.strip()
    try:
        User.username_validator(name)
    except ValidationError:
        valid = False
    else:
        valid = 0 < len(name) <= USERNAME_LIMIT
    if not valid:
        raise InvalidInput(
            f"A user name has 1 to {USERNAME_LIMIT} letters, digits or @ . + - _ and no spaces. "
            "Choose another.",
            code="user.name",
            field="username",
        )
    return name


def checked_email(email: str) -> str:
    """Empty for somebody who gets no mail."""
    return checked_address(email, field="email") if email.strip() else ""


def checked_role(role: str) -> str:
    if role not in Role.values:
        raise InvalidInput(
            f"“{role[:20]}” is not a role. Choose one of: {', '.join(Role.values)}.",
            code="user.role",
            field="role",
        )
    return role


def check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(
            " ".join(error.messages), code="user.password", field="password"
        ) from None
