"""What is asked before a certificate is revoked or its private key leaves the dashboard."""

from django import forms

from pki.dashboard.fields import NewPasswordMixin, new_password_field, repeated_password_field
from pki.models import Certificate
from pki.x509.bundles import PfxEncryption


class RevokeForm(forms.Form):
    reason = forms.ChoiceField(
        label="Why",
        choices=Certificate.RevocationReason.choices,
        widget=forms.RadioSelect,
        initial=Certificate.RevocationReason.SUPERSEDED,
    )
    sure = forms.BooleanField(
        label="I know that this cannot be undone, and that its holder stops being trusted"
    )


class PfxForm(NewPasswordMixin):
    prefix = "pfx"

    password = new_password_field(
        "Password for the PFX",
        help_text="Asked for where the file is imported. It is not kept here.",
    )
    password_again = repeated_password_field()
    encryption = forms.ChoiceField(
        label="Who opens it",
        choices=[
            (
                PfxEncryption.COMPATIBLE.value,
                "Windows Server 2016 and later, and everything else (3DES)",
            ),
            (
                PfxEncryption.MODERN.value,
                "Windows Server 2019 and later, Linux, macOS: stronger (AES-256)",
            ),
            (PfxEncryption.LEGACY.value, "Systems before Windows Vista"),
        ],
        initial=PfxEncryption.COMPATIBLE.value,
        widget=forms.RadioSelect,
    )


class KeyForm(NewPasswordMixin):
    prefix = "key"

    password = new_password_field(
        "Password for the key",
        required=False,
        help_text="nginx, Apache and HAProxy start without asking when there is none; the file is "
        "then a secret by itself.",
    )
    password_again = repeated_password_field(required=False)
