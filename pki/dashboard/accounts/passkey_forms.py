"""allauth's forms for passkeys and security keys; a wrong one is written to the audit trail."""

from typing import Any

from allauth.core import context
from allauth.mfa.webauthn import forms
from django.core.exceptions import ValidationError

from pki.dashboard.accounts.attempt_events import note_second_step
from pki.models import User


class Noted:
    """The step before one of allauth's forms, which does the work."""

    user: User | None

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            kind = "security key" if self.user else "passkey"
            note_second_step(context.request, self.user, kind)
            raise


class AuthenticateForm(Noted, forms.AuthenticateWebAuthnForm):
    pass


class LoginForm(Noted, forms.LoginWebAuthnForm):
    pass


class ReauthenticateForm(Noted, forms.ReauthenticateWebAuthnForm):
    pass
