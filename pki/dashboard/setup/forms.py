"""What the wizard asks."""

from django import forms

from pki.actions.authorities import DEFAULT_COMMON_NAME
from pki.dashboard.fields import (
    ROOT_KEYS,
    SERVER_KEYS,
    FilesField,
    KeyField,
    NamesField,
    NewPasswordMixin,
    new_password_field,
    repeated_password_field,
)
from pki.x509.names import COMMON_NAME_LIMIT


class AdministratorForm(NewPasswordMixin):
    code = forms.CharField(
        label="Set-up code",
        max_length=40,
        help_text="Printed where “make run” or “certiflow up” was started: it proves that you may "
        "use this machine.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "placeholder": "XXXX-XXXX-XXXX",
                "class": "mono",
            }
        ),
    )
    username = forms.CharField(
        label="Your user name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    email = forms.CharField(
        label="Your e-mail address",
        required=False,
        max_length=254,
        help_text="You are reminded there of what expires.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = new_password_field(
        "Password", help_text="12 characters at least. You will be asked for it before a private "
        "key leaves this dashboard.",
    )  # fmt: skip
    password_again = repeated_password_field()


class NewRootForm(forms.Form):
    common_name = forms.CharField(
        label="Name of the root",
        initial=DEFAULT_COMMON_NAME,
        max_length=COMMON_NAME_LIMIT,
        help_text="The common name that trust stores show. CertiFlow's own is CM Agent CA.",
    )
    key = KeyField(label="Key", choices=ROOT_KEYS, initial="rsa-4096")
    permitted = NamesField(
        label="Only for these names",
        help_text="Your domains and networks, one a line: example.com stands for itself and all "
        "names below it, 10.0.0.0/8 for its addresses. Then nobody, not even with the root's key, "
        "can make a certificate for another name, such as your bank's, that your computers "
        "believe. It is written into the root and goes on in its successors: it cannot be "
        "added or changed later.",
    )


class ImportRootForm(forms.Form):
    #: What the core calls the input is here one field.
    error_fields = {"files": "upload", "key": "upload", "certificate": "upload"}

    upload = FilesField(
        label="Root certificate and private key",
        help_text="agent_root_ca.json, or a PFX, or the certificate and its key (.cer and .key, "
        "PEM or DER; choose both files).",
    )
    password = forms.CharField(
        label="Password of the file",
        required=False,
        strip=False,
        max_length=1000,
        help_text="Only if the file was made with one.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class HostForm(forms.Form):
    additional_names = NamesField(
        label="Additional names",
        help_text="Other DNS names or IP addresses by which people open this dashboard, one a "
        "line.",
    )
    key = KeyField(label="Key", choices=SERVER_KEYS, initial="rsa-2048")
    permitted = NamesField(
        label="Names that server certificates may have",
        help_text="Domains with everything below them and IP networks, one a line. Other names "
        "then take an administrator. Empty: every name; Settings, Name policy changes it later.",
    )
