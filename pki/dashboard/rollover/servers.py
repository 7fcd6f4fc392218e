"""Servers on their way to the successor, and what people say of who trusts it."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from pki.actions.rollover.cut_off import judged_servers
from pki.actions.rollover.open_rollover import open_rollover
from pki.actions.rollover.standing import standing
from pki.actions.rollover.trust import (
    confirm_server_installed,
    confirm_server_trust,
    confirm_silent_workstations,
    withdraw_server_trust,
)
from pki.dashboard.access import actor_of, may_decide
from pki.dashboard.paging import show_page
from pki.dashboard.rollover.tables import RolloverServerTable
from pki.models import Server, ServerRollover

#: What the list can be narrowed to.
SHOW = {
    "cut-off": ("Would be cut off", Q(lacks_certificate=True) | Q(lacks_sight=True)
                | Q(lacks_trust=True)),
    "trust": ("Trust not confirmed", Q(lacks_trust=True)),
    "old": ("Certificate of the old root", Q(lacks_certificate=True)),
    "unseen": ("New one not known to be in use", Q(lacks_sight=True)),
    "all": ("All", Q()),
}  # fmt: skip

#: What can be said of them.
SAYINGS: dict[str, Callable[..., object]] = {
    "confirm": confirm_server_trust,
    "withdraw": withdraw_server_trust,
    "installed": confirm_server_installed,
}


def rollover_servers(request: HttpRequest) -> HttpResponse:
    row = open_rollover()
    if row is None:
        return redirect("rollover")
    show = request.GET.get("show", "all")
    label, wanted = SHOW.get(show, SHOW["all"])
    mine = ServerRollover.objects.filter(rollover=row, server=OuterRef("pk"))
    rows = (
        judged_servers(row)
        .filter(wanted)
        .select_related("certificate__authority")
        .defer("certificate__der", "certificate__chain")
        .annotate(
            confirmed_at=Subquery(mine.values("trust_confirmed_at")[:1]),
            confirmed_by=Subquery(mine.values("trust_confirmed_by")[:1]),
            installed_at=Subquery(mine.values("installed_at")[:1]),
            installed_by=Subquery(mine.values("installed_by")[:1]),
            problem=Subquery(mine.values("problem")[:1]),
        )
    )
    exclude = () if may_decide(request) else ("selected",)
    table = RolloverServerTable(rows, exclude=exclude)
    show_page(table, request, per_page=50)
    return render(
        request,
        "rollover/servers.html",
        {
            "rollover": row,
            "table": table,
            "label": label,
            "views": [(name, text, name == show) for name, (text, _) in SHOW.items()],
        },
    )


@require_POST
def server_trust(request: HttpRequest) -> HttpResponse:
    """Note what is said of the selected servers, or take their trust back."""
    row = open_rollover()
    if row is None:
        return redirect("rollover")
    keys = [key for key in request.POST.getlist("selected") if key.isdigit()]
    servers = list(Server.objects.filter(pk__in=keys[:1000]))
    act = SAYINGS.get(request.POST.get("verb", ""), confirm_server_trust)
    for server in servers:
        act(row, server, actor=actor_of(request))
    if servers:
        messages.success(request, f"Noted for {', '.join(str(each) for each in servers[:5])}"
                         f"{' and others' if len(servers) > 5 else ''}.")  # fmt: skip
    else:
        messages.warning(request, "Tick the servers first.")
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, None) and back.startswith("/authorities/")
    return redirect(back if safe else "rollover-servers")


def silent_workstations(request: HttpRequest) -> HttpResponse:
    """Workstations that say nothing of the roots they trust."""
    row = open_rollover()
    if row is None:
        return redirect("rollover")
    if request.method == "POST":
        number = confirm_silent_workstations(row, actor=actor_of(request))
        messages.success(request, f"{number:,} workstations count as trusting {row.successor}.")
        return redirect("rollover")
    return render(
        request,
        "rollover/silent.html",
        {"rollover": row, "number": standing(row).workstations.unknown},
    )
