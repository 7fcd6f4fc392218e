"""What is asked of who takes a reminder up or puts it off."""

from datetime import UTC, datetime, time

from django import forms
from django.utils import timezone

from pki.actions.acknowledging import REASON_LIMIT


def reason_field(example: str) -> forms.CharField:
    return forms.CharField(
        label="Why, or what is being done",
        max_length=REASON_LIMIT,
        help_text=f"Such as “{example}”. Everybody who is told reads it.",
    )


class AcknowledgeForm(forms.Form):
    reason = reason_field("I renew it on Thursday")


class SnoozeForm(forms.Form):
    until = forms.DateField(
        label="Until",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="It is told again on the morning of that day.",
    )
    reason = reason_field("The server moves in May")

    def moment(self) -> datetime:
        """The first moment of that day, in the reader's zone."""
        zone = timezone.get_current_timezone()
        return datetime.combine(self.cleaned_data["until"], time(), zone).astimezone(UTC)
