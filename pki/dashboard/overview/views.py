"""The first page: what needs a hand, what expires when, what happened."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from pki.actions.audit import EVENTS
from pki.dashboard.audit.wording import address_of, short_label
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
        "events": recent_events(),
        "servers": Server.objects.count(),
        "authority": Authority.objects.filter(active=True).select_related("certificate").first(),
    }
    return render(request, "overview/overview.html", context)


@dataclass(frozen=True)
class Recent:
    at: datetime
    what: str
    name: str
    url: str
    who: str


def recent_events() -> list[Recent]:
    return [
        Recent(
            at=event.at,
            what=EVENTS.get(event.event, event.event),
            name=short_label(event.object_label),
            url=address_of(event),
            who=event.actor,
        )
        for event in AuditEvent.objects.all()[:RECENT]
    ]


def next_to_expire() -> list[Certificate]:
    """Those in use that end first, expired ones included."""
    return list(
        Certificate.objects.filter(state=Certificate.State.ISSUED, current_for__isnull=False)
        .order_by("not_after")
        .defer("der", "chain")[:NEXT]
    )
