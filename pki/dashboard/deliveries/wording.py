"""How messages and what came of them are shown."""

from typing import Any

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from pki.dashboard.templatetags.dashboard import badge
from pki.models import Delivery, DeliveryState, RecipientGroup

STATES = {
    DeliveryState.QUEUED: ("quiet", "hourglass"),
    DeliveryState.SENDING: ("accent", "activity"),
    DeliveryState.SENT: ("good", "circle-check"),
    DeliveryState.FAILED: ("bad", "circle-x"),
}


def state_badge(delivery: Delivery) -> SafeString:
    state = DeliveryState(delivery.state)
    if state == DeliveryState.QUEUED and delivery.log:
        return badge("To be tried again", "soon", "clock")
    return badge(str(state.label), *STATES[state])


def last_words(delivery: Delivery) -> str:
    return str(delivery.log[-1]["outcome"]) if delivery.log else ""


def tell(request: HttpRequest, delivery: Delivery) -> None:
    """What came of a test."""
    text = f"{delivery.label}: {last_words(delivery)}"
    if delivery.state == DeliveryState.SENT:
        messages.success(request, text)
    else:
        messages.error(request, text)


def last_of_channels(group: RecipientGroup) -> list[dict[str, Any]]:
    """Each channel with its newest message. Two queries."""
    newest = Delivery.objects.filter(channel=OuterRef("pk")).values("pk")[:1]
    channels = list(group.channels.annotate(newest=Subquery(newest)))
    found = Delivery.objects.in_bulk([each.newest for each in channels if each.newest])
    return [
        {"channel": each, "last": last, "badge": state_badge(last) if last else ""}
        for each in channels
        for last in [found.get(each.newest)]
    ]
