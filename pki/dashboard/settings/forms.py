"""What is asked about a person."""

from django import forms

from pki.dashboard.fields import NewPasswordMixin, new_password_field, repeated_password_field
from pki.models import Role

ROLES = [
    (Role.VIEWER.value, "Viewer: reads everything, changes nothing"),
    (Role.OPERATOR.value, "Operator: adds servers, issues and renews"),
    (
        Role.ADMINISTRATOR.value,
        "Administrator: also private keys, the root, revocation and users",
    ),
]


def role_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label="Role", choices=ROLES, initial=Role.OPERATOR.value, widget=forms.RadioSelect
    )


def email_field() -> forms.CharField:
    # Not Django's own field: the action checks the address, and says how to write it.
    return forms.CharField(
        label="E-mail address",
        required=False,
        max_length=254,
        help_text="Administrators are reminded there of what expires.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class AddUserForm(NewPasswordMixin):
    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    email = email_field()
    role = role_field()
    password = new_password_field(
        "First password",
        help_text="12 characters at least. The person can change it after signing in.",
    )
    password_again = repeated_password_field()


class UserForm(forms.Form):
    email = email_field()
    role = role_field()
    is_active = forms.BooleanField(label="May sign in", required=False)


class PasswordForm(NewPasswordMixin):
    password = new_password_field("New password", help_text="12 characters at least.")
    password_again = repeated_password_field()


class SignInPolicyForm(forms.Form):
    second_factor_roles = forms.MultipleChoiceField(
        label="Who needs a second factor",
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="People of these roles get to nothing else before they add a passkey, a security "
        "key or an authenticator app.",
    )
    administrator_idle_minutes = forms.IntegerField(
        label="Sign idle administrators out after, in minutes",
        help_text="5 to 480; 0 for no limit. Pages that refresh themselves are no activity.",
    )
    other_idle_minutes = forms.IntegerField(
        label="Sign everybody else out after, in minutes",
        help_text="5 to 480; 0 for no limit. Every session ends 8 hours after signing in.",
    )
