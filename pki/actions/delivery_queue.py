"""Gathering what is to be told into messages: no telling is in two of them, and none is lost.

Every message is made in a transaction of its own together with the marks on its tellings,
under a key that says what it is; of two nodes that make the same one, the second is refused
and finds nothing left to gather.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from pki.models import Channel, ChannelKind, Delivery, DeliverySort, DigestTime, Telling

#: Notices in one call of a webhook.
MOST_IN_A_CALL = 100
#: Keys in one statement.
AT_ONCE = 5_000


@dataclass(frozen=True)
class Gathered:
    deliveries: int
    tellings: int

    def __add__(self, other: "Gathered") -> "Gathered":
        return Gathered(self.deliveries + other.deliveries, self.tellings + other.tellings)


NOTHING = Gathered(0, 0)


def queue(now: datetime) -> Gathered:
    """What is urgent, and everything for programs, goes now; the rest with the day's digest."""
    made = NOTHING
    for each in (urgent_mails(now), calls(now), digests(now)):
        for gathered in each:
            made += gathered
    return made


def waiting() -> "QuerySet[Telling]":
    return Telling.objects.filter(delivery=None)


def urgent_mails(now: datetime) -> Iterator[Gathered]:
    """One mail an address, however many certificates are about to end."""
    rows = waiting().filter(channel=None, notice__urgent=True)
    for address in list(rows.order_by().values_list("address", flat=True).distinct()):
        keys = list(rows.filter(address=address).values_list("pk", flat=True))
        yield gather(mail_to(address, DeliverySort.URGENT, now), "urgent", address, keys)


def calls(now: datetime) -> Iterator[Gathered]:
    """Of channels that are not paused."""
    rows = waiting().filter(channel__isnull=False, channel__paused=False)
    wanted = list(rows.order_by().values_list("channel", flat=True).distinct())
    for channel in Channel.objects.filter(pk__in=wanted).select_related("group"):
        keys = list(rows.filter(channel=channel).values_list("pk", flat=True))
        is_webhook = channel.kind == ChannelKind.WEBHOOK
        sort = DeliverySort.WEBHOOK if is_webhook else DeliverySort.CHAT
        for part in chunks(keys, MOST_IN_A_CALL) if is_webhook else [keys]:
            made = call_to(channel, sort, now)
            yield gather(made, sort.value, str(channel.pk), part)


def digests(now: datetime) -> Iterator[Gathered]:
    """One a day and address, from the hour on that was chosen."""
    chosen = DigestTime.objects.first() or DigestTime()
    local = now.astimezone(ZoneInfo(chosen.zone))
    if local.hour < chosen.hour:
        return
    rows = waiting().filter(channel=None)
    ready = set(rows.order_by().values_list("address", flat=True).distinct())
    day = f"{local:%Y-%m-%d}"
    made = {digest_key(address, day): address for address in ready}
    for keys in chunks(list(made), AT_ONCE):
        for key in Delivery.objects.filter(key__in=keys).values_list("key", flat=True):
            del made[key]
    for key, address in sorted(made.items()):
        delivery = mail_to(address, DeliverySort.DIGEST, now)
        delivery.key = key
        tellings = list(rows.filter(address=address).values_list("pk", flat=True))
        yield keep(delivery, tellings)


def digest_key(address: str, day: str) -> str:
    return f"digest:{address}:{day}"


def mail_to(address: str, sort: DeliverySort, now: datetime) -> Delivery:
    return Delivery(sort=sort, address=address, label=address, created_at=now, next_attempt_at=now)


def call_to(channel: Channel, sort: DeliverySort, now: datetime) -> Delivery:
    return Delivery(
        sort=sort, channel=channel, label=label_of(channel), created_at=now, next_attempt_at=now
    )


def label_of(channel: Channel) -> str:
    return f"{channel.name}, {channel.place}"[:300]


def gather(delivery: Delivery, word: str, whom: str, tellings: list[int]) -> Gathered:
    """Under a key that nobody else can have: a telling is first in one message only."""
    if not tellings:
        return NOTHING
    delivery.key = f"{word}:{whom}:{min(tellings)}"
    return keep(delivery, tellings)


def keep(delivery: Delivery, tellings: list[int]) -> Gathered:
    """The message and its marks, or nothing where another node was faster."""
    marked = 0
    try:
        with transaction.atomic():
            delivery.save(force_insert=True)
            for keys in chunks(tellings, AT_ONCE):
                marked += waiting().filter(pk__in=keys).update(delivery=delivery)
            if not marked:
                raise NothingLeft
    except (IntegrityError, NothingLeft):
        return NOTHING
    return Gathered(1, marked)


class NothingLeft(Exception):
    """Takes the transaction back: a message without a notice is none."""


def chunks(keys: Iterable[int] | Iterable[str], size: int) -> Iterator[list]:  # type: ignore[type-arg]
    rest = iter(keys)
    while chunk := list(islice(rest, size)):
        yield chunk
