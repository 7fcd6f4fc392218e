"""The rule for people's passwords, as Django asks for it everywhere one is set."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from pki.models import User
from pki.password_rule import LENGTH, PEOPLE, weakness


class GuessValidator:
    """Refuses what takes too few guesses; the length has a validator of its own."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < LENGTH:
            return
        known = [settings.HOST]
        if isinstance(user, User):
            known += [user.username, user.email, user.first_name, user.last_name]
        reason = weakness(password, PEOPLE, known)
        if reason is not None:
            raise ValidationError(reason, code="password_weak")

    def get_help_text(self) -> str:
        return "Your password must not be easy to guess: four or five unrelated words are good."
