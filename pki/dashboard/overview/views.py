"""The first page: what needs a hand, what expires when, what happened."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from pki.actions.audit import EVENTS
from pki.dashboard.overview.chores import chores
from pki.dashboard.overview.timeline import HEIGHT, WIDTH, timeline
from pki.models import AuditEvent, Authority, Certificate, Server

NEXT = 6
RECENT = 8


def overview(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    ahead = timeline(now)
    context = {
        "chores": chores(now),
        "timeline": ahead,
        "in_sight": sum(month.count for month in ahead),
        "drawing": {"width": WIDTH, "height": HEIGHT, "full_height": HEIGHT + 24},
        "next": next_to_expire(),
        "events": [
            (EVENTS.get(event.event, event.event), event)
            for event in AuditEvent.objects.all()[:RECENT]
        ],
        "servers": Server.objects.count(),
        "authority": Authority.objects.filter(active=True).select_related("certificate").first(),
    }
    return render(request, "overview/overview.html", context)


def next_to_expire() -> list[Certificate]:
    """Those in use that end first, expired ones included."""
    return list(
        Certificate.objects.filter(state=Certificate.State.ISSUED, current_for__isnull=False)
        .order_by("not_after")
        .defer("der", "chain")[:NEXT]
    )
