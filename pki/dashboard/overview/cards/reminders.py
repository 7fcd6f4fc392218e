"""What is reminded of, who sees to it, and when people were told last."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q
from django.urls import reverse

from pki.dashboard.counting import counted
from pki.dashboard.overview.cards.card import Card, Number
from pki.dashboard.reminders.filters import in_state
from pki.models import Delivery, DeliveryState, Reminder

#: Named one by one.
SHOWN = 5
STATES = {
    "open": ("Nobody sees to it", "soon"),
    "acknowledged": ("Acknowledged", "good"),
    "snoozed": ("Put off", "quiet"),
}


@dataclass(frozen=True)
class Reminders:
    numbers: list[Number]
    #: What ends first, of those that nobody sees to.
    first: list[Reminder]
    #: The last message that went out; None before the first.
    told: Delivery | None

    @property
    def any(self) -> bool:
        return any(number.count for number in self.numbers)


def reminders(_now: datetime) -> Reminders:
    numbers = counted({name: Reminder.objects.filter(in_state(name)) for name in STATES})
    unseen = Reminder.objects.filter(in_state("open"))
    told = Delivery.objects.filter(Q(state=DeliveryState.SENT) & ~Q(sort="test"))
    return Reminders(
        numbers=[
            Number(label, numbers[name], f"{reverse('reminder-list')}?state={name}", tone)
            for name, (label, tone) in STATES.items()
        ],
        first=list(unseen.order_by(F("ends_at").asc(nulls_last=True), "-pk")[:SHOWN]),
        told=told.first(),
    )


CARD = Card("reminders", "Reminders", reminders)
