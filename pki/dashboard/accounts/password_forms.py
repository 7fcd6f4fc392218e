"""allauth's form for a new password; the current one in it counts as an attempt."""

from allauth.account import forms
from allauth.account.adapter import get_adapter


class ChangePasswordForm(forms.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        """By the way of every other password: with the same limits and the same event."""
        given = str(self.cleaned_data["oldpassword"])
        if not get_adapter().reauthenticate(self.user, given):
            raise get_adapter().validation_error("enter_current_password")
        return given
