"""Issuing, renewing and importing the certificate of a server."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from pki.actions.foreign_certificates import import_server_certificate
from pki.actions.server_certificates import issue_for_server, renew
from pki.dashboard.access import actor_of, is_administrator
from pki.dashboard.servers.forms import REQUEST, SAME, ImportForm, IssueForm, RenewForm
from pki.errors import CertiflowError
from pki.models import Certificate, Server
from pki.x509.checks import Verdict, server_verdicts
from pki.x509.keys import KeySpec
from pki.x509.material import read_material
from pki.x509.profiles import SERVER


def server_issue(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server, pk=pk)
    if server.certificate_id is not None:
        return redirect("server-renew", pk)
    form = IssueForm(
        request.POST or None, request.FILES or None, administrator=is_administrator(request)
    )
    if form.is_valid():
        try:
            issued = issue_for_server(
                server,
                actor=actor_of(request),
                key_spec=chosen_key(form),
                csr=form.cleaned_data["csr"],
                lifetime=form.cleaned_data["days"],
                confirmed=form.confirmed,
            )
        except CertiflowError as error:
            form.refuse(request, error)
        else:
            messages.success(request, f"{server} has its certificate. Now put it to work.")
            return redirect(issued)
    return render(request, "servers/issue.html", {"form": form, "server": server})


def server_renew(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server.objects.select_related("certificate"), pk=pk)
    current = server.certificate
    if current is None:
        return redirect("server-issue", pk)
    form = RenewForm(
        request.POST or None,
        request.FILES or None,
        initial=like_before(current),
        administrator=is_administrator(request),
    )
    if form.is_valid():
        try:
            issued = renew(
                server,
                actor=actor_of(request),
                expected=expected_certificate(server, form),
                same_key=form.cleaned_data["origin"] == SAME,
                key_spec=chosen_key(form),
                csr=form.cleaned_data["csr"],
                lifetime=form.cleaned_data["days"],
                confirmed=form.confirmed,
            )
        except CertiflowError as error:
            form.refuse(request, error)
        else:
            messages.success(request, f"{server} has a new certificate. Now put it to work.")
            return redirect(issued)
    return render(request, "servers/renew.html", {"form": form, "server": server})


def like_before(current: Certificate) -> dict[str, object]:
    """The form filled in so that the new certificate is like the one before."""
    initial: dict[str, object] = {"expected": current.pk}
    if current.source == Certificate.Source.REQUEST:
        initial["origin"] = REQUEST
    try:
        SERVER.check_key(KeySpec.parse(current.key_algorithm))
    except CertiflowError:
        return initial
    return {**initial, "key": current.key_algorithm}


def expected_certificate(server: Server, form: RenewForm) -> Certificate:
    return get_object_or_404(Certificate, pk=form.cleaned_data["expected"], server=server)


def chosen_key(form: IssueForm) -> KeySpec:
    return form.cleaned_data.get("key") or SERVER.default_key


def server_import(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server.objects.select_related("certificate"), pk=pk)
    form = ImportForm(
        request.POST or None, request.FILES or None, administrator=is_administrator(request)
    )
    verdicts: list[Verdict] = []
    if form.is_valid():
        try:
            material = read_material(form.cleaned_data["upload"], form.cleaned_data["password"])
            verdicts = server_verdicts(material.certificate, server.fqdn)
            imported = import_server_certificate(
                server, material, actor=actor_of(request), confirmed=form.confirmed
            )
        except CertiflowError as error:
            if error.code != "certificate.rules":  # The verdicts say it line by line.
                form.refuse(request, error)
        else:
            messages.success(
                request, "The certificate meets all three rules and is tracked from now on."
            )
            return redirect(imported)
    return render(
        request,
        "servers/import.html",
        {"form": form, "server": server, "verdicts": verdicts, "now": timezone.now()},
    )
