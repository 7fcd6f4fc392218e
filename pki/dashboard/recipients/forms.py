"""What is asked about recipients and their channels."""

from django import forms

from pki.actions.channels import ADDRESS_LIMIT
from pki.actions.recipients import NAME_LIMIT
from pki.dashboard.fields import NamesField


class GroupForm(forms.Form):
    name = forms.CharField(label="Name", max_length=NAME_LIMIT)
    addresses = NamesField(label="E-mail addresses", help_text="One a line.")
    administrators = forms.BooleanField(
        label="Also every administrator who has an e-mail address", required=False
    )


class WebhookForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=NAME_LIMIT,
        help_text="By which you find it again, such as “Ticket system”.",
    )
    address = forms.CharField(
        label="Address",
        max_length=ADDRESS_LIMIT,
        help_text="It is stored encrypted; afterwards only its host is shown.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "class": "mono",
                "placeholder": "https://",
            }
        ),
    )


class ChatForm(WebhookForm):
    name = forms.CharField(
        label="Name",
        max_length=NAME_LIMIT,
        help_text="By which you find it again, such as “Room of the night shift”.",
    )
    address = forms.CharField(
        label="Address of the room, as Apprise writes it",
        max_length=ADDRESS_LIMIT,
        help_text="Such as slack://…, matrixs://… or mmosts://…; the list is at "
        "https://github.com/caronc/apprise/wiki. It is stored encrypted; afterwards only the "
        "system is shown.",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}
        ),
    )
