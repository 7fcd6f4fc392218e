"""The name policy: which names server certificates may have, and which servers lie outside."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pki.actions.name_policy import change_name_policy, current_name_policy, outside
from pki.actions.own_names import canonical
from pki.dashboard.access import actor_of
from pki.dashboard.fields import NamesField
from pki.dashboard.form_errors import add_error
from pki.errors import CertiflowError
from pki.x509.name_policy import proposal

#: Names outside the policy that the page lists.
SHOWN = 100


class NamePolicyForm(forms.Form):
    permitted = NamesField(
        label="Permitted domains and IP networks",
        help_text="One a line, such as example.com, which permits everything below it as well, or "
        "10.0.0.0/8. Once there is an entry, nothing else is permitted, and addresses only with a "
        "network. Empty: every name.",
    )
    keep_existing = forms.BooleanField(
        label="Servers that have names outside it go on renewing automatically",
        required=False,
        initial=True,
        help_text="Otherwise their automatic renewal is refused until an administrator renews them "
        "or their names are changed.",
    )


def name_policy(request: HttpRequest) -> HttpResponse:
    policy = current_name_policy()
    form = NamePolicyForm(request.POST or None, initial={"permitted": policy.entries})
    if form.is_valid():
        try:
            changed = change_name_policy(actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            number = len(outside(changed))
            if number:
                said = f"The name policy is saved. Names outside it: {number:,}."
                messages.warning(request, said)
            else:
                messages.success(request, "The name policy is saved.")
            return redirect("settings-names")
    left = outside(policy)
    context = {
        "form": form,
        "policy": policy,
        "proposal": proposal(canonical(settings.HOST)),
        "outside": left[:SHOWN],
        "more": max(len(left) - SHOWN, 0),
    }
    return render(request, "settings/name_policy.html", context)
