"""How long people may be idle, and who needs a second factor."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from pki.actions.sign_in_policy import (
    change_sign_in_policy,
    current_sign_in_policy,
    required_from,
    without_second_factor,
)
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.settings.forms import SignInPolicyForm
from pki.errors import CertiflowError

FIELDS = ("administrator_idle_minutes", "other_idle_minutes", "second_factor_roles")


def sign_in_policy(request: HttpRequest) -> HttpResponse:
    policy = current_sign_in_policy()
    initial = {name: getattr(policy, name) for name in FIELDS}
    form = SignInPolicyForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            change_sign_in_policy(**form.cleaned_data, actor=actor_of(request))
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The sign-in policy is saved and holds at once.")
            return redirect("settings")
    begins = required_from()
    context = {
        "form": form,
        "begins": begins if begins and begins > timezone.now() else None,
        "missing": without_second_factor(policy.second_factor_roles).order_by("username"),
    }
    return render(request, "settings/sign_in.html", context)
