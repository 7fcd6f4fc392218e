"""Looking at what a server answers with, and saying where."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pki.actions.probes import probe_server, set_target
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_error, add_message
from pki.dashboard.servers.forms import TargetForm
from pki.errors import CertiflowError
from pki.models import ProbeState, Server


@require_POST
def server_probe(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server, pk=pk)
    try:
        probe = probe_server(server, actor=actor_of(request))
    except CertiflowError as error:
        add_message(request, error)
        return redirect("server-target", server.pk)
    tell = messages.success if probe.state == ProbeState.IN_USE else messages.warning
    tell(request, f"{ProbeState(probe.state).label}. {probe.message}".strip())
    return redirect(server)


def server_target(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server, pk=pk)
    form = TargetForm(
        request.POST or None,
        initial={
            "probed": server.probed,
            "address": server.probe_address,
            "port": server.probe_port,
        },
    )
    if form.is_valid():
        try:
            set_target(server, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The changes are saved.")
            return redirect(server)
    return render(request, "servers/target.html", {"form": form, "server": server})
