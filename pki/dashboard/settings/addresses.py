"""Where the product may connect to."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pki.actions.address_policy import change_addresses
from pki.dashboard.access import actor_of
from pki.dashboard.fields import NamesField
from pki.dashboard.form_errors import add_error
from pki.errors import CertiflowError
from pki.models import OutgoingPolicy


class AddressesForm(forms.Form):
    networks = NamesField(
        label="Allowed networks",
        required=False,
        help_text="Such as 10.0.0.0/8, one a line. Empty: public and private networks.",
    )
    ports = NamesField(
        label="Ports for probes",
        required=False,
        help_text="Numbers or ranges, such as 443, 3003 and 8000-8999, one a line. Empty: 443 and "
        "1024 to 65535.",
    )


def addresses(request: HttpRequest) -> HttpResponse:
    stored = OutgoingPolicy.objects.first() or OutgoingPolicy()
    form = AddressesForm(
        request.POST or None, initial={"networks": stored.networks, "ports": stored.ports}
    )
    if form.is_valid():
        try:
            change_addresses(actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The addresses are saved.")
            return redirect("settings-addresses")
    return render(request, "settings/addresses.html", {"form": form})
