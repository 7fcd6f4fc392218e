"""What happened last."""

from dataclasses import dataclass
from datetime import datetime

from pki.actions.audit import EVENTS
from pki.dashboard.audit.wording import address_of, short_label
from pki.dashboard.overview.cards.card import Card
from pki.models import AuditEvent

SHOWN = 8


@dataclass(frozen=True)
class Recent:
    at: datetime
    what: str
    name: str
    url: str
    who: str


def recent_events(_now: datetime) -> list[Recent]:
    return [
        Recent(
            at=event.at,
            what=EVENTS.get(event.event, event.event),
            name=short_label(event.object_label),
            url=address_of(event),
            who=event.actor,
        )
        for event in AuditEvent.objects.all()[:SHOWN]
    ]


CARD = Card("recent", "What happened", recent_events, wide=True)
