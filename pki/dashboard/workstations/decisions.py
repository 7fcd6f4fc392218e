"""Approving, denying, revoking and reinstating a workstation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pki.actions.trust import Reinstated, approve, deny, reinstate, revoke_workstation
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.tokens.views import join_command
from pki.dashboard.workstations.forms import DecisionForm
from pki.errors import CertiflowError
from pki.models import Workstation
from pki.models.workstation import TRANSITIONS


@dataclass(frozen=True)
class Decision:
    """A verb of the state machine as people meet it."""

    verb: str
    button: str
    icon: str
    tone: str
    explanation: str
    done: str
    action: Callable[..., Workstation | Reinstated]


DECISIONS = {
    each.verb: each
    for each in (
        Decision(
            "approve",
            "Approve",
            "check",
            "btn-primary",
            "Compare the key's fingerprint with the one the agent shows. Its agent then gets a "
            "certificate, and is trusted as soon as it comes with that.",
            "is approved. Its agent gets the certificate when it asks next.",
            approve,
        ),
        Decision(
            "deny",
            "Deny",
            "circle-minus",
            "",
            "Its agent is told so and gets nothing. You can approve it later.",
            "is denied.",
            deny,
        ),
        Decision(
            "revoke",
            "Revoke",
            "ban",
            "btn-danger",
            "It is stopped at its next request, also on a connection that is open. Its "
            "certificates are revoked for good and its open tasks cancelled.",
            "is revoked.",
            revoke_workstation,
        ),
        Decision(
            "reinstate",
            "Reinstate",
            "rotate",
            "btn-primary",
            "The next page shows a one-time code, once. Within 24 hours its agent registers a new "
            "key with it; the old certificates stay revoked. A key that comes without the code "
            "waits for approval.",
            "is reinstated.",
            reinstate,
        ),
    )
}


def decisions_for(row: Workstation) -> list[Decision]:
    return [decision for decision in DECISIONS.values() if row.may(decision.verb)]


def workstation_decide(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    if verb not in DECISIONS:
        raise Http404
    decision = DECISIONS[verb]
    row = get_object_or_404(Workstation, pk=pk)
    form = DecisionForm(TRANSITIONS[verb], request.POST if request.method == "POST" else None)
    if form.is_valid():
        given: dict[str, Any] = form.cleaned_data
        try:
            done = decision.action(row, actor=actor_of(request), **given)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            if isinstance(done, Reinstated):
                return with_code(request, done)
            messages.success(request, f"{row} {decision.done}")
            return redirect(row)
    return render(
        request,
        "workstations/decide.html",
        {"workstation": row, "decision": decision, "form": form},
    )


def with_code(request: HttpRequest, done: Reinstated) -> HttpResponse:
    """The one time that anybody sees the code."""
    row = done.workstation
    return render(
        request,
        "workstations/reinstated.html",
        {"workstation": row, "secret": done.code, "command": join_command(row.agent_id)},
    )
