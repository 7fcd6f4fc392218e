"""What is asked when a server is added, and when its certificate is issued or renewed."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest

from pki.actions.confirmations import Confirmations
from pki.dashboard.fields import SERVER_KEYS, DaysField, FilesField, KeyField, NamesField
from pki.dashboard.form_errors import add_error
from pki.errors import CertiflowError
from pki.x509.profiles import SERVER
from pki.x509.requests import SIZE_LIMIT

HERE = "here"
SAME = "same"
REQUEST = "request"


class ConfirmedForm(forms.Form):
    """A form whose refusal an administrator may answer with a tick; operators never see one."""

    #: By the code of the refusal: the field that says yes to it.
    CONFIRMATIONS: ClassVar = {
        "name.outside_policy": ("outside_policy", "Accept names outside the name policy this time"),
        "name.taken": ("shared", "These servers share the name"),
    }

    def __init__(self, *args: Any, administrator: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.administrator = administrator
        for code, (name, _) in self.CONFIRMATIONS.items():
            if administrator and name in self.data:
                self.offer(code)

    def offer(self, code: str) -> None:
        name, label = self.CONFIRMATIONS[code]
        self.fields[name] = forms.BooleanField(label=label, required=False)

    @property
    def confirmed(self) -> Confirmations:
        said = self.cleaned_data
        return Confirmations(
            outside_policy=said.get("outside_policy", False), shared=said.get("shared", False)
        )

    def refuse(self, request: HttpRequest, error: CertiflowError) -> None:
        """Shown where it belongs, with what an administrator may confirm at the end of the form."""
        add_error(request, self, error)
        if self.administrator and error.code in self.CONFIRMATIONS:
            self.offer(error.code)


class ServerForm(ConfirmedForm):
    """Names and a comment of a server; its FQDN is given once and stays."""

    fqdn = forms.CharField(
        label="Full DNS name (FQDN)",
        max_length=1000,
        help_text="As agents and browsers reach it, such as cm1.example.com; *.example.com for a "
        "wildcard.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    additional_names = NamesField(
        label="Additional names",
        help_text="Other DNS names and IP addresses that the certificate covers, one a line.",
    )
    comment = forms.CharField(label="Comment", required=False, max_length=500)
    owners = NamesField(
        label="Owners",
        help_text="E-mail addresses of those who look after this server, one a line. They are "
        "reminded as well.",
    )


class ServerEditForm(ServerForm):
    fqdn = None  # type: ignore[assignment]


class TargetForm(forms.Form):
    """Where a server is looked at."""

    probed = forms.BooleanField(label="Look at it every hour", required=False)
    address = forms.CharField(
        label="Name or IP address to connect to",
        required=False,
        max_length=253,
        help_text="Empty: the server's own name.",
    )
    port = forms.IntegerField(
        label="Port", help_text="The agent site's is 3003.", min_value=1, max_value=65535
    )


class RenewalForm(forms.Form):
    """Whether and when a server's certificate is renewed by itself."""

    days = forms.IntegerField(
        label="Days before it expires",
        required=False,
        help_text="Empty: only by hand. 30 days leave time to install the new certificate.",
    )
    same_key = forms.BooleanField(
        label="Keep the key",
        required=False,
        help_text="Otherwise each certificate has a new key. A key that is only on the server "
        "always goes on.",
    )


class IssueForm(ConfirmedForm):
    """Where the key comes from, and how long the certificate is valid."""

    #: What an action calls the request is here two fields.
    error_fields = {"csr": "csr_text"}

    origin = forms.ChoiceField(
        label="Private key",
        choices=[
            (HERE, "Make the key here: it is stored encrypted, and can be downloaded as .pfx"),
            (REQUEST, "From a certificate request (CSR): the key stays on the server"),
        ],
        initial=HERE,
        widget=forms.RadioSelect,
    )
    key = KeyField(
        label="Kind of key", choices=SERVER_KEYS, initial=str(SERVER.default_key), required=False,
        help_text="For a key made here.",
    )  # fmt: skip
    csr_text = forms.CharField(
        label="Certificate request, pasted",
        required=False,
        max_length=SIZE_LIMIT * 2,
        widget=forms.Textarea(
            attrs={
                "rows": 6,
                "class": "mono",
                "spellcheck": "false",
                "placeholder": "-----BEGIN CERTIFICATE REQUEST-----",
            }
        ),
    )
    csr_file = forms.FileField(
        label="Certificate request, as a file", required=False, help_text=".csr, .req or .pem"
    )
    days = DaysField(SERVER)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["csr"] = self.certificate_request(data)
        if data.get("origin") == REQUEST and not data["csr"] and not self.errors:
            self.add_error(
                "csr_text",
                "Paste the certificate request or choose its file, or let the key be made here.",
            )
        if data.get("origin") == HERE and not data.get("key") and "key" not in self.errors:
            self.add_error("key", "Choose a kind of key.")
        return data

    def certificate_request(self, data: dict[str, Any]) -> bytes:
        if data.get("origin") != REQUEST:
            return b""
        upload = data.get("csr_file")
        if upload is None:
            return str(data.get("csr_text") or "").encode()
        if upload.size > SIZE_LIMIT:
            self.add_error(
                "csr_file",
                f"The file has {upload.size:,} bytes; a certificate request has {SIZE_LIMIT:,} at "
                "most. Check that it is the right one.",
            )
            return b""
        return bytes(upload.read())


class RenewForm(IssueForm):
    origin = forms.ChoiceField(
        label="Private key",
        choices=[
            (HERE, "A new key, made here (recommended)"),
            (SAME, "The same key as before: nothing changes for who has pinned it"),
            (REQUEST, "From a certificate request (CSR): the key stays on the server"),
        ],
        initial=HERE,
        widget=forms.RadioSelect,
    )
    #: What the person was looking at: renewing refuses when it is not current any more.
    expected = forms.IntegerField(widget=forms.HiddenInput)


class ImportForm(ConfirmedForm):
    #: What the core calls the input is here one field.
    error_fields = {"files": "upload", "key": "upload", "certificate": "upload"}

    upload = FilesField(
        label="Certificate, with its key if you have it",
        help_text="A PFX, or the certificate (.cer, .crt, .pem) alone or with its .key and its "
        "chain. Without the key, the certificate is tracked all the same.",
    )
    password = forms.CharField(
        label="Password of the file",
        required=False,
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
