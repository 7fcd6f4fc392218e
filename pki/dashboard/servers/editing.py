"""Adding a server, and changing its names."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pki.actions.automatic_renewal import set_renewal
from pki.actions.servers import add_server, change_server
from pki.dashboard.access import actor_of, is_administrator
from pki.dashboard.form_errors import add_error
from pki.dashboard.servers.forms import RenewalForm, ServerEditForm, ServerForm
from pki.errors import CertiflowError
from pki.models import Server


def server_add(request: HttpRequest) -> HttpResponse:
    form = ServerForm(
        request.POST or None,
        initial={"fqdn": request.GET.get("fqdn", "")},
        administrator=is_administrator(request),
    )
    if form.is_valid():
        try:
            server = add_server(
                form.cleaned_data["fqdn"],
                actor=actor_of(request),
                additional_names=form.cleaned_data["additional_names"],
                comment=form.cleaned_data["comment"],
                owners=form.cleaned_data["owners"],
                confirmed=form.confirmed,
            )
        except CertiflowError as error:
            form.refuse(request, error)
        else:
            messages.success(request, f"{server} is added. Now give it its certificate.")
            return redirect("server-issue", server.pk)
    return render(request, "servers/add.html", {"form": form})


def server_edit(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server, pk=pk)
    form = ServerEditForm(
        request.POST or None,
        initial={
            "additional_names": server.additional_names,
            "comment": server.comment,
            "owners": server.owners,
        },
        administrator=is_administrator(request),
    )
    if form.is_valid():
        try:
            changed = change_server(
                server,
                actor=actor_of(request),
                additional_names=form.cleaned_data["additional_names"],
                comment=form.cleaned_data["comment"],
                owners=form.cleaned_data["owners"],
                confirmed=form.confirmed,
            )
        except CertiflowError as error:
            form.refuse(request, error)
        else:
            if changed.additional_names != server.additional_names and server.certificate_id:
                messages.warning(
                    request, "The names are changed here; the certificate has them once renewed."
                )
            else:
                messages.success(request, "The changes are saved.")
            return redirect(server)
    return render(request, "servers/edit.html", {"form": form, "server": server})


def server_renewal(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server, pk=pk)
    form = RenewalForm(
        request.POST or None,
        initial={"days": server.renew_days_ahead, "same_key": server.renew_same_key},
    )
    if form.is_valid():
        try:
            set_renewal(server, actor=actor_of(request), **form.cleaned_data)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The changes are saved.")
            return redirect(server)
    return render(
        request,
        "servers/renewal.html",
        {"form": form, "server": server, "is_this_host": server.fqdn == settings.HOST},
    )
