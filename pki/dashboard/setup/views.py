"""The steps of the wizard; each leads to the next one that is still to be done."""

from allauth.account.internal.flows.login import record_authentication
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pki.actions.actor import Actor
from pki.actions.authorities import create_authority, import_authority
from pki.actions.name_policy import change_name_policy, current_name_policy
from pki.actions.own_names import canonical
from pki.actions.root_limits import refuse_outside_root
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server, change_server
from pki.actions.setup_code import create_first_administrator, has_administrator
from pki.client_address import client_address
from pki.dashboard.access import actor_of
from pki.dashboard.accounts.attempt_events import note_setup_code, too_many
from pki.dashboard.form_errors import add_error
from pki.dashboard.setup.forms import AdministratorForm, HostForm, ImportRootForm, NewRootForm
from pki.errors import CertiflowError
from pki.models import Authority, Server
from pki.x509.material import read_material
from pki.x509.name_policy import parse, proposal

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def setup(request: HttpRequest) -> HttpResponse:
    """To the first step that is still to be done."""
    if not has_administrator():
        return redirect("setup-administrator")
    if not request.user.is_authenticated:
        return redirect_to_login("/setup/")
    if not Authority.objects.exists():
        return redirect("setup-root")
    return redirect("overview" if this_host_has_a_certificate() else "setup-host")


def administrator(request: HttpRequest) -> HttpResponse:
    if has_administrator():
        return redirect("setup")
    form = AdministratorForm(request.POST or None)
    if request.method == "POST" and not ratelimit.consume(request, action="setup_code"):
        return too_many(request)
    if form.is_valid():
        data = form.cleaned_data
        actor = Actor(name=data["username"], door="setup", address=client_address(request))
        try:
            user = create_first_administrator(
                data["code"],
                data["username"],
                data["password"],
                actor=actor,
                email=data["email"],
            )
        except CertiflowError as error:
            if error.code == "setup.code":
                note_setup_code(request)
            add_error(request, form, error)
        else:
            # Chosen this moment: as fresh as a password can be, so that the next steps do not ask.
            record_authentication(
                request, user, method="password", username=user.username, reauthenticated=True
            )
            login(request, user, backend=BACKEND)
            return redirect("setup-root")
    return page(request, "administrator", {"form": form}, step=1)


def root(request: HttpRequest) -> HttpResponse:
    """A new root or an existing one?"""
    if Authority.objects.exists():
        return redirect("setup")
    return page(request, "root", {}, step=2)


def new_root(request: HttpRequest) -> HttpResponse:
    form = NewRootForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            create_authority(
                actor=actor_of(request),
                common_name=data["common_name"],
                key_spec=data["key"],
                permitted=data["permitted"],
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(request, "The root is created, and its key is stored encrypted.")
            return redirect("setup-host")
    return page(request, "root_new", {"form": form}, step=2)


def import_root(request: HttpRequest) -> HttpResponse:
    form = ImportRootForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            authority = import_authority(
                read_material(data["upload"], data["password"]), actor=actor_of(request)
            )
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            messages.success(
                request, f"“{authority}” is imported, and its key is stored encrypted."
            )
            return redirect("setup-host")
    return page(request, "root_import", {"form": form}, step=2)


def host(request: HttpRequest) -> HttpResponse:
    """The certificate of this host, with which the dashboard goes on answering."""
    if not Authority.objects.exists():
        return redirect("setup")
    server = Server.objects.filter(fqdn=settings.HOST).first()
    if server is not None and server.certificate_id is not None:
        return redirect("setup-done")
    form = HostForm(request.POST or None, initial={"permitted": permitted_names()})
    if form.is_valid():
        try:
            refuse_outside_root(settings.HOST, form.cleaned_data["additional_names"])
            set_name_policy(request, form.cleaned_data["permitted"])
            issue_for_this_host(request, server, form)
        except CertiflowError as error:
            add_error(request, form, error)
        else:
            return redirect("setup-done")
    return page(request, "host", {"form": form, "host": settings.HOST}, step=3)


def permitted_names() -> list[str]:
    """Those of the policy there is, else what this host's name suggests."""
    return current_name_policy().entries or proposal(canonical(settings.HOST))


def set_name_policy(request: HttpRequest, permitted: list[str]) -> None:
    if parse(permitted) != current_name_policy():
        change_name_policy(permitted, actor=actor_of(request))


def issue_for_this_host(request: HttpRequest, server: Server | None, form: HostForm) -> None:
    actor, others = actor_of(request), form.cleaned_data["additional_names"]
    if server is None:
        server = add_server(settings.HOST, actor=actor, additional_names=others)
    elif server.additional_names != others:
        # Of an earlier try that was refused.
        server = change_server(server, actor=actor, additional_names=others, comment=server.comment)
    issue_for_server(server, actor=actor, key_spec=form.cleaned_data["key"])


def done(request: HttpRequest) -> HttpResponse:
    authority = Authority.objects.filter(active=True).select_related("certificate").first()
    if authority is None:
        return redirect("setup")
    server = Server.objects.filter(fqdn=settings.HOST).select_related("certificate").first()
    return page(request, "done", {"authority": authority, "server": server}, step=4)


def this_host_has_a_certificate() -> bool:
    return Server.objects.filter(fqdn=settings.HOST, certificate__isnull=False).exists()


def page(request: HttpRequest, name: str, context: dict[str, object], *, step: int) -> HttpResponse:
    steps = ["Administrator", "Root", "This host", "Done"]
    return render(request, f"setup/{name}.html", {**context, "step": step, "steps": steps})
