"""Making, listing and withdrawing enrollment tokens, and who needs none."""

import shlex
from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pki.actions.enrollment_tokens import make_token, withdraw_token
from pki.actions.registration_policy import Policy, change_policy, current_policy, operator_limit
from pki.actions.trusted_roots import trusted_roots
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error
from pki.dashboard.paging import show_page
from pki.dashboard.tokens.forms import PolicyForm, TokenForm
from pki.dashboard.tokens.tables import TokenTable
from pki.errors import CertiflowError
from pki.models import EnrollmentToken, Server


def token_list(request: HttpRequest) -> HttpResponse:
    table = TokenTable(EnrollmentToken.objects.all())
    show_page(table, request)
    return render(
        request,
        "tokens/list.html",
        {"table": table, "any": EnrollmentToken.objects.exists(), "policy": current_policy()},
    )


def token_new(request: HttpRequest) -> HttpResponse:
    form = TokenForm(request.POST or None)
    if form.is_valid():
        try:
            given = dict(form.cleaned_data)
            lifetime = timedelta(days=given.pop("days"))
            row, token = make_token(lifetime=lifetime, actor=actor_of(request), **given)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            return render(
                request,
                "tokens/made.html",
                {"token": row, "secret": token, "command": join_command()},
            )
    return render(request, "tokens/new.html", {"form": form, "limit": operator_limit()})


def join_command(agent_id: str = "") -> str:
    """What to run on a workstation; the token goes to its standard input, not on its command."""
    port = settings.AGENT_BIND.rpartition(":")[2]
    root = root_to_pin()
    name = f" --agent-id {shlex.quote(agent_id)}" if agent_id else ""
    return (
        f"certiflow-agent register --server https://{settings.HOST}:{port} "
        f"--root-sha256 {root}{name} --token-stdin"
    )


def root_to_pin() -> str:
    """The one that this host's certificate leads to: an agent trusts nothing else at first.

    While the root is being replaced, that is the old one until this host has its new certificate.
    """
    roots = [root.sha256 for root in trusted_roots()]
    signed_by = Server.objects.filter(fqdn=settings.HOST).values_list(
        "certificate__authority__certificate__sha256", flat=True
    )
    host_root = signed_by.first()
    return host_root if host_root in roots else roots[0]


def token_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(EnrollmentToken, pk=pk)
    if request.method == "POST":
        withdraw_token(row, actor=actor_of(request))
        messages.success(request, f"The token “{row}” is withdrawn.")
        return redirect("token-list")
    return render(request, "tokens/withdraw.html", {"token": row})


def registration(request: HttpRequest) -> HttpResponse:
    limit = operator_limit()
    initial = {
        "policy": word_of(current_policy()),
        "operator_uses": limit.uses,
        "operator_days": limit.days,
    }
    form = PolicyForm(request.POST or None, initial=initial)
    if form.is_valid():
        change_policy(actor=actor_of(request), **form.switches())
        messages.success(request, "The setting is saved and holds from the next registration on.")
        return redirect("token-list")
    return render(
        request,
        "tokens/registration.html",
        {"form": form, "overridden": settings.AUTOMATIC_REGISTRATION},
    )


def word_of(policy: Policy) -> str:
    if policy.automatic:
        return "automatic"
    return "open" if policy.open else "token-only"
