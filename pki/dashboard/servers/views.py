"""The list of servers, and the page of one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from pki.actions.automatic_renewal import next_renewal
from pki.actions.own_names import is_host_entry
from pki.dashboard.access import is_administrator, may_decide
from pki.dashboard.paging import show_page
from pki.dashboard.servers.filters import ServerFilter
from pki.dashboard.servers.tables import HistoryTable, ServerTable
from pki.dashboard.servers.wording import looks, usage_badge
from pki.models import Certificate, Server


def server_list(request: HttpRequest) -> HttpResponse:
    found = ServerFilter(
        request.GET,
        Server.objects.select_related("certificate").defer(
            "certificate__der", "certificate__chain"
        ),
    )
    table = ServerTable(found.qs)
    show_page(table, request)
    return render(
        request,
        "servers/list.html",
        {"table": table, "filter": found, "any": bool(request.GET) or Server.objects.exists()},
    )


def server_detail(request: HttpRequest, pk: int) -> HttpResponse:
    server = get_object_or_404(Server.objects.select_related("certificate__authority"), pk=pk)
    history = Certificate.objects.filter(server=server).defer("der", "chain")
    table = HistoryTable(history, prefix="history-")
    show_page(table, request, per_page=10)
    return render(
        request,
        "servers/detail.html",
        {
            "server": server,
            "table": table,
            "is_this_host": is_host_entry(server),
            "may_change": is_administrator(request)
            or (may_decide(request) and not is_host_entry(server)),
            "usage": usage_badge(server.usage) if server.usage else "",
            "next_renewal": next_renewal(server),
            **looks(server),
        },
    )
