"""What is asked when a token is made."""

from typing import Any

from django import forms

from pki.actions.enrollment_tokens import LONGEST, NAME_LIMIT
from pki.actions.registration_policy import LONGEST_AUTOMATIC, MOST_USES, OperatorLimit


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name",
        max_length=NAME_LIMIT,
        help_text="By which you find it again, such as “Branch office, June”.",
    )
    days = forms.IntegerField(
        label="Lives for, in days", min_value=1, max_value=LONGEST.days, initial=7
    )
    uses = forms.IntegerField(
        label="For how many workstations", min_value=1, max_value=MOST_USES, initial=1
    )
    automatic = forms.BooleanField(
        label="Nobody has to approve workstations that bring it", required=False
    )
    name_pattern = forms.CharField(
        label="Only for computers called",
        required=False,
        max_length=NAME_LIMIT,
        help_text="“*” stands for any letters, as in “office-*”. Empty: any name.",
    )


class PolicyForm(forms.Form):
    """Who registers without a token."""

    policy = forms.ChoiceField(
        label="Agents without an enrollment token",
        choices=[
            ("token-only", "are refused (recommended)"),
            ("open", "may register and wait until someone approves them"),
            ("automatic", "are approved at once: only in a network nobody else reaches"),
        ],
        widget=forms.RadioSelect,
    )

    operator_uses = forms.IntegerField(
        label="Automatic tokens of operators: workstations at most",
        min_value=0,
        max_value=MOST_USES,
        required=False,
        help_text="Workstations that bring an automatic token need no approval. 0: only "
        "administrators make such tokens.",
    )
    operator_days = forms.IntegerField(
        label="Automatic tokens of operators: days at most",
        min_value=0,
        max_value=LONGEST_AUTOMATIC.days,
        required=False,
    )

    def switches(self) -> dict[str, Any]:
        policy = self.cleaned_data["policy"]
        limit = OperatorLimit(
            self.cleaned_data["operator_uses"] or 0, self.cleaned_data["operator_days"] or 0
        )
        return {
            "open_to_all": policy == "open",
            "automatic": policy == "automatic",
            "limit": limit,
        }
