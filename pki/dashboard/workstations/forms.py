"""What is asked about a workstation."""

from django import forms

from pki.actions.trust import REASON_LIMIT
from pki.models import Certificate
from pki.models.workstation import Transition
from pki.task_kinds import KINDS


class DecisionForm(forms.Form):
    reason = forms.CharField(
        label="Why",
        max_length=REASON_LIMIT,
        help_text="A few words for whoever reads the history later.",
    )

    def __init__(self, transition: Transition, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["reason"].required = transition.needs_reason
        if transition.verb == "revoke":
            self.fields["revocation_reason"] = forms.ChoiceField(
                label="What the CRL says",
                choices=Certificate.RevocationReason.choices,
                initial=Certificate.RevocationReason.CESSATION_OF_OPERATION,
                widget=forms.RadioSelect,
            )


class WorkstationForm(forms.Form):
    name = forms.CharField(label="Name", max_length=100)
    comment = forms.CharField(
        label="Comment",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    tags = forms.CharField(
        label="Tags", required=False, max_length=900, help_text="Separated by commas."
    )

    def clean_tags(self) -> list[str]:
        return [word.strip() for word in self.cleaned_data["tags"].split(",") if word.strip()]


class TaskForm(forms.Form):
    """A kind and, for those that have some, its parameters."""

    kind = forms.ChoiceField(
        label="What the agent does",
        choices=[(kind.name, f"{kind.label}: {kind.explanation}") for kind in KINDS.values()],
        widget=forms.RadioSelect,
    )
    lines = forms.IntegerField(
        label="Lines of the log",
        required=False,
        help_text="Only for collecting the log: 1 to 5,000; 200 when left empty.",
    )

    def parameters(self) -> dict[str, object]:
        lines = self.cleaned_data["lines"]
        known = {parameter.name for parameter in KINDS[self.cleaned_data["kind"]].parameters}
        return {"lines": lines} if "lines" in known and lines is not None else {}


class TagForm(forms.Form):
    tag = forms.CharField(label="Tag", max_length=40)
