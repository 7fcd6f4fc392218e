"""When and to whom each kind of reminder is told, and when the day's digest goes out."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pki.actions.recipients import default_group
from pki.actions.reminder_policies import (
    RULES,
    Policy,
    change_reminder_policy,
    policies,
    set_digest_time,
)
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.settings.reminder_forms import DigestForm, PolicyForm
from pki.errors import CertiflowError
from pki.models import DigestTime, RecipientGroup, ReminderKind


def reminder_policies(request: HttpRequest) -> HttpResponse:
    stored = DigestTime.objects.first() or DigestTime()
    form = DigestForm(request.POST or None, initial={"hour": stored.hour, "zone": stored.zone})
    if form.is_valid():
        try:
            set_digest_time(actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The time of the digest is saved.")
            return redirect("settings-reminders")
    names = dict(RecipientGroup.objects.values_list("pk", "name"))
    rows = [in_words(policy, names) for policy in policies().values()]
    return render(request, "settings/reminders.html", {"rows": rows, "form": form})


def in_words(policy: Policy, names: dict[int, str]) -> dict[str, Any]:
    told = [names[pk] for pk in policy.groups if pk in names]
    return {
        "kind": policy.rule.kind,
        "explanation": policy.rule.explanation,
        "enabled": policy.enabled,
        "days": days_in_words(policy),
        "groups": ", ".join(told) or str(default_group()),
        "escalation": f"{names.get(policy.escalation_group or 0, '')} after "
        f"{policy.escalate_after_days} days"
        if policy.escalate_after_days and policy.escalation_group
        else "",
    }


def days_in_words(policy: Policy) -> str:
    if not policy.days:
        return "at once"
    if not policy.rule.dated:
        [number] = policy.days
        return f"after {number} day{'' if number == 1 else 's'}" if number else "at once"
    before = [str(number) for number in policy.days if number]
    end = " and at the end" if 0 in policy.days else ""
    return f"{', '.join(before)} days before{end}" if before else "at the end"


def reminder_policy(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in ReminderKind.values:
        raise Http404("There is no such kind of reminder.")
    policy = policies()[ReminderKind(kind)]
    form = PolicyForm(request.POST or None, policy=policy)
    if form.is_valid():
        try:
            change_reminder_policy(ReminderKind(kind), actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, f"{ReminderKind(kind).label}: the changes are saved.")
            return redirect("settings-reminders")
    return render(
        request,
        "settings/reminder_policy.html",
        {"form": form, "kind": ReminderKind(kind), "rule": RULES[ReminderKind(kind)]},
    )
