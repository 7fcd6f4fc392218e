"""What is asked before a certificate is revoked or its private key leaves the dashboard."""

from typing import cast

from django import forms
from django.http import QueryDict

from pki.dashboard.fields import NewPasswordMixin, new_password_field, repeated_password_field
from pki.models import Certificate
from pki.models.certificate import COMPROMISED
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

    def __init__(self, data: QueryDict | None, *, only_key: bool = False) -> None:
        super().__init__(data)
        if only_key:
            reason = cast(forms.ChoiceField, self.fields["reason"])
            reason.choices = [(each.value, each.label) for each in COMPROMISED]
            reason.initial = COMPROMISED[0]


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
