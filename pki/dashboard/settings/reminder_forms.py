"""What is asked about reminders of one kind, and about the day's digest."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from pki.actions.reminder_policies import Policy
from pki.models import RecipientGroup


class DaysListField(forms.CharField):
    """Numbers of days, separated by commas or spaces; cleans to a list of them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[int]:
        words = super().clean(value).replace(",", " ").replace(";", " ").split()
        wrong = [word for word in words if not word.isdigit() or len(word) > 4]
        if wrong:
            raise forms.ValidationError(
                f"“{wrong[0][:20]}” is no number of days. Enter whole numbers, such as 60, 30, 7."
            )
        return [int(word) for word in words]


class PolicyForm(forms.Form):
    enabled = forms.BooleanField(label="Remind of this", required=False)
    days = DaysListField(label="Days", required=False, max_length=200)
    groups = forms.ModelMultipleChoiceField(
        label="Who is told",
        queryset=RecipientGroup.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: the administrators. The owners of a server are always told.",
    )
    escalate_after_days = forms.IntegerField(
        label="Escalate after so many days without an acknowledgement",
        required=False,
        help_text="Empty: never. What is urgent is escalated at once.",
    )
    escalation_group = forms.ModelChoiceField(
        label="Who is told then",
        queryset=RecipientGroup.objects.all(),
        required=False,
        empty_label="Nobody",
    )

    def __init__(self, data: Any, *, policy: Policy) -> None:
        super().__init__(
            data,
            initial={
                "enabled": policy.enabled,
                "days": policy.days,
                "groups": list(policy.groups),
                "escalate_after_days": policy.escalate_after_days,
                "escalation_group": policy.escalation_group,
            },
        )
        if not policy.rule.days:
            # Told as soon as it is so.
            del self.fields["days"]
        elif policy.rule.dated:
            self.fields["days"].label = "Days before the end"
            self.fields["days"].help_text = "Separated by commas; 0 is the end itself."
        else:
            self.fields["days"].label = "After how many days"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data.setdefault("days", [])
        return data


class DigestForm(forms.Form):
    hour = forms.IntegerField(
        label="Hour of the daily digest", help_text="0 to 23. What is urgent does not wait for it."
    )
    zone = forms.CharField(
        label="Time zone",
        max_length=60,
        help_text="Such as UTC or Europe/Berlin.",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )

    @staticmethod
    def zones() -> list[str]:
        return sorted(available_timezones())
