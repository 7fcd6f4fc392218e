"""Finding and reading workstations."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from pki.actions.audit import EVENTS
from pki.dashboard.access import may_decide
from pki.dashboard.paging import show_page
from pki.dashboard.workstations.decisions import decisions_for
from pki.dashboard.workstations.filters import WorkstationFilter, query_of
from pki.dashboard.workstations.tables import WorkstationTable
from pki.dashboard.workstations.wording import STATES, standing_badge
from pki.models import AuditEvent, SavedView, TrustState, Workstation
from pki.task_kinds import KINDS

SHOWN = 20


def workstation_list(request: HttpRequest) -> HttpResponse:
    rows = Workstation.objects.defer("inventory").prefetch_related("tags")
    found = WorkstationFilter(request.GET, rows)
    query = query_of(request)
    views = list(SavedView.objects.all())
    exclude = () if may_decide(request) else ("selected",)
    table = WorkstationTable(found.qs, exclude=exclude)
    show_page(table, request)
    return render(
        request,
        "workstations/list.html",
        {
            "table": table,
            "filter": found,
            "query": query,
            "views": views,
            "here": next((view for view in views if query and view.query == query), None),
            "any": bool(request.GET) or Workstation.objects.exists(),
        },
    )


def workstation_detail(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(
        Workstation.objects.select_related("certificate", "token", "newest_root").prefetch_related(
            "tags"
        ),
        pk=pk,
    )
    tasks = [
        {"task": task, "label": KINDS[task.kind].label if task.kind in KINDS else task.kind}
        for task in row.tasks.all()[:SHOWN]
    ]
    certificates = list(row.certificates.defer("der", "chain")[:SHOWN])
    return render(
        request,
        "workstations/detail.html",
        {
            "workstation": row,
            "standing": standing_badge(row),
            "badge": STATES[TrustState(row.state)],
            "decisions": decisions_for(row),
            "others": same_identifier(row),
            "certificates": certificates,
            "superseded": {each.pk for each in certificates if row.has_superseded(each.pk)},
            "tasks": tasks,
            "history": history(row),
            "inventory": sorted(row.inventory.items()),
        },
    )


def same_identifier(row: Workstation) -> list[Workstation]:
    return list(Workstation.objects.identified(row.agent_id).exclude(pk=row.pk)[:SHOWN])


def history(row: Workstation) -> list[dict[str, Any]]:
    """What happened to it, the newest first, with the reasons people gave."""
    events = AuditEvent.objects.filter(object_type="workstation", object_id=str(row.pk))
    return [
        {
            "at": event.at,
            "what": EVENTS.get(event.event, event.event),
            "who": event.actor,
            "reason": event.detail.get("reason", ""),
        }
        for event in events[:SHOWN]
    ]
