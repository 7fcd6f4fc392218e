"""Test messages, sent while somebody waits for the answer."""

import uuid
from functools import partial

from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.deliveries import finish, post, ready, timed
from pki.actions.delivery_queue import label_of
from pki.actions.postbox import Postbox
from pki.actions.recipients import addresses_of, checked_address
from pki.models import Channel, Delivery, DeliverySort, DeliveryState, RecipientGroup


def send_test(*, actor: Actor, address: str = "", channel: Channel | None = None) -> Delivery:
    """To an address or a channel; the last entry of its log says what came of it.

    Raises InvalidInput on ``address``.
    """
    if channel is not None:
        return kept(trial(channel=channel), actor)
    with Postbox() as postbox:
        return kept(trial(address=checked_address(address, field="address")), actor, postbox)


def send_tests(group: RecipientGroup, *, actor: Actor) -> list[Delivery]:
    """To every address and every channel of the group that is not paused."""
    with Postbox() as postbox:
        sent = [kept(trial(address=each), actor, postbox) for each in addresses_of(group)]
    return sent + [kept(trial(channel=each), actor) for each in group.channels.filter(paused=False)]


def trial(*, address: str = "", channel: Channel | None = None) -> Delivery:
    """Claimed as it is made: no other process takes it up, and it is tried once."""
    return Delivery.objects.create(
        key=f"test:{uuid.uuid4()}",
        sort=DeliverySort.TEST,
        address=address,
        channel=channel,
        label=label_of(channel) if channel else address,
        state=DeliveryState.SENDING,
        leased_until=timezone.now(),
        attempts=1,
    )


def kept(row: Delivery, actor: Actor, postbox: Postbox | None = None) -> Delivery:
    outcome, milliseconds = timed(partial(post, row, postbox)) if postbox else timed(ready(row))
    finish(row, outcome, milliseconds)
    row.refresh_from_db()
    record(actor, "delivery.tested", row, state=row.state)
    return row
