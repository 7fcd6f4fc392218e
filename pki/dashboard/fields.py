"""Form fields that several pages share: keys, days, names, files, new passwords."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from pki.errors import InvalidInput
from pki.x509 import bundles, keys
from pki.x509.material import SIZE_LIMIT
from pki.x509.profiles import Profile

SERVER_KEYS = [
    ("rsa-2048", "RSA 2048: accepted everywhere (recommended)"),
    ("rsa-3072", "RSA 3072"),
    ("rsa-4096", "RSA 4096: slower connections"),
    ("ec-p256", "EC P-256: fast; Windows Server 2016 and later"),
    ("ec-p384", "EC P-384"),
]
ROOT_KEYS = [
    ("rsa-4096", "RSA 4096: accepted everywhere (recommended)"),
    ("rsa-3072", "RSA 3072"),
    ("rsa-2048", "RSA 2048"),
    ("rsa-8192", "RSA 8192: creating and issuing are slow"),
    ("ec-p256", "EC P-256: fast; no systems before Windows Vista"),
    ("ec-p384", "EC P-384"),
]


class KeyField(forms.ChoiceField):
    """A kind of key; cleans to a KeySpec."""

    def clean(self, value: Any) -> keys.KeySpec | None:
        text = super().clean(value)
        return keys.KeySpec.parse(text) if text else None


class DaysField(forms.IntegerField):
    """A lifetime in days; cleans to a timedelta, or None for the profile's own."""

    def __init__(self, profile: Profile, **kwargs: Any) -> None:
        self.profile = profile
        kwargs.setdefault("label", "Valid for, in days")
        kwargs.setdefault(
            "help_text",
            f"1 to {profile.longest_lifetime.days}. Clients of today trust "
            f"{profile.lifetime.days} without complaint.",
        )
        super().__init__(initial=profile.lifetime.days, **kwargs)

    def clean(self, value: Any) -> timedelta | None:
        days = super().clean(value)
        if days is None:
            return None
        try:
            lifetime = timedelta(days=min(days, 10**6))
            self.profile.check_lifetime(lifetime)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from None
        # The default may be cut to the authority's own end; a number someone chose may not.
        return None if lifetime == self.profile.lifetime else lifetime


class NamesField(forms.CharField):
    """Names, one a line or separated by commas; cleans to a list of texts."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("max_length", 20_000)
        super().__init__(
            widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        return super().clean(value).replace(",", "\n").replace(";", "\n").split()


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or several small files; cleans to a list of their bytes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=FilesInput(), **kwargs)

    def clean(self, value: Any, initial: Any = None) -> list[bytes]:
        uploads: Sequence[UploadedFile] = value if isinstance(value, list) else [value]
        return [self.content(super(FilesField, self).clean(one, initial)) for one in uploads if one
                or self.required]  # fmt: skip

    def content(self, upload: UploadedFile) -> bytes:
        if (upload.size or 0) > SIZE_LIMIT:
            raise forms.ValidationError(
                f"“{upload.name}” has {upload.size:,} bytes; {SIZE_LIMIT:,} is the most. Check "
                "that it is the right file."
            )
        return upload.read()


def new_password_field(
    label: str, *, required: bool = True, help_text: str = ""
) -> forms.CharField:
    """A password to be chosen now, with its strength shown."""
    return forms.CharField(
        label=label,
        required=required,
        strip=False,
        help_text=help_text,
        max_length=bundles.PASSWORD_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-strength": ""}),
    )


def repeated_password_field(*, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label="The same password again",
        required=required,
        strip=False,
        max_length=bundles.PASSWORD_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class NewPasswordMixin(forms.Form):
    """A form with ``password`` and ``password_again``, which have to be equal."""

    def clean_password_again(self) -> str:
        again: str = self.cleaned_data["password_again"]
        if again != self.cleaned_data.get("password", ""):
            raise forms.ValidationError(
                "The two passwords differ. Enter the same one twice, to be sure that it has no "
                "typing mistake."
            )
        return again
