"""Renewing the certificate of a server by one click: nothing to choose, and said what is next."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from pki.actions.server_certificates import renew_alike
from pki.dashboard.access import actor_of
from pki.dashboard.form_errors import add_message
from pki.dashboard.templatetags.dashboard import day
from pki.errors import CertiflowError, Conflict
from pki.models import Certificate, Server


@require_POST
def server_renew_alike(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server, pk=pk)
    given = request.POST.get("expected", "")
    seen = get_object_or_404(Certificate, pk=given if given.isdecimal() else None, server=server)
    try:
        issued = renew_alike(server, expected=seen, actor=actor_of(request))
    except Conflict as error:
        add_message(request, error, level=messages.WARNING)
    except CertiflowError as error:
        add_message(request, error, before=f"{server} was not renewed. ")
    else:
        messages.success(request, what_is_next(server, issued))
    return redirect("overview")


def what_is_next(server: Server, issued: Certificate) -> SafeString:
    if server.fqdn == settings.HOST:
        return format_html(
            "{} is renewed until {}. This dashboard and the agent site use the "
            '<a href="{}">new certificate</a> within seconds.',
            server,
            day(issued.not_after),
            issued.get_absolute_url(),
        )
    return format_html(
        "{} is renewed until {}. Now install it: the server answers with the old certificate until "
        '<a href="{}#downloads">the new one</a> is there.',
        server,
        day(issued.not_after),
        issued.get_absolute_url(),
    )
