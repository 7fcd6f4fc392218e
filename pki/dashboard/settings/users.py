"""Adding people, changing what they may do, setting a new password for them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pki.actions.accounts import add_user, change_user, set_password
from pki.actions.second_factor_reset import reset_second_factors
from pki.actions.sign_in_policy import has_second_factor, with_second_factor
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.paging import show_page
from pki.dashboard.settings.forms import AddUserForm, PasswordForm, UserForm
from pki.dashboard.settings.tables import UserTable
from pki.errors import CertiflowError
from pki.models import User


def user_list(request: HttpRequest) -> HttpResponse:
    table = UserTable(with_second_factor().order_by("username"))
    show_page(table, request)
    return render(request, "settings/users.html", {"table": table})


def user_add(request: HttpRequest) -> HttpResponse:
    form = AddUserForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            user = add_user(
                data["username"],
                data["password"],
                data["role"],
                actor=actor_of(request),
                email=data["email"],
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"{user.username} can sign in now.")
            return redirect("settings-users")
    return render(request, "settings/user_add.html", {"form": form})


def user_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = UserForm(
        request.POST or None,
        initial={"email": person.email, "role": person.role, "is_active": person.is_active},
    )
    if form.is_valid():
        try:
            change_user(person, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"The changes to {person.username} are saved.")
            return redirect("settings-users")
    context = {"form": form, "person": person, "has_second_factor": has_second_factor(person)}
    return render(request, "settings/user.html", context)


def user_password(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    form = PasswordForm(request.POST or None)
    if form.is_valid():
        try:
            set_password(person, form.cleaned_data["password"], actor=actor_of(request))
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"{person.username} signs in with the new password.")
            return redirect("settings-users")
    return render(request, "settings/user_password.html", {"form": form, "person": person})


def user_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """Taking away one that was lost."""
    person = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        reset_second_factors(person, actor=actor_of(request))
        messages.success(request, f"{person.username} signs in with the password alone for now.")
        return redirect("settings-users")
    return render(request, "settings/user_second_factor.html", {"person": person})
