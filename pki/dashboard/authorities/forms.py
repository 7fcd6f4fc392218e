"""What is asked before the root's key leaves the dashboard."""

from django import forms

from pki.dashboard.fields import NewPasswordMixin, new_password_field, repeated_password_field


class ExportForm(NewPasswordMixin):
    password = new_password_field(
        "Password for the file",
        required=False,
        help_text="Encrypts the private key in the file, so it has to withstand years of guessing. "
        "Leave both empty only for a program that reads no encrypted file.",
    )
    password_again = repeated_password_field(required=False)
    unencrypted = forms.BooleanField(
        label="Without a password: I know that whoever reads the file can issue certificates that "
        "every workstation trusts",
        required=False,
    )

    #: What the page offered, so that the one shown is the one used.
    generated = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if "use_generated" in self.data:
            data["password"] = data.get("generated", "")
        if not data.get("password") and not data.get("unencrypted") and not self.errors:
            self.add_error(
                "password",
                "Choose a password, or tick the box below to have the file without one.",
            )
        return data
