"""Webhooks and chat rooms of a group: making, pausing, a new key, removing."""

from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from pki.actions.actor import Actor
from pki.actions.address_policy import current_policy, refuse_address
from pki.actions.audit import record
from pki.actions.recipients import NAME_LIMIT
from pki.actions.sealed_rows import keep
from pki.actions.stored_secrets import open_secret, seal_into, sealed_secret
from pki.errors import Conflict, InvalidInput
from pki.messaging import chat, signing
from pki.models import Channel, ChannelKind, Delivery, DeliveryState, RecipientGroup, Secret

ADDRESS_LIMIT = 2000
PLACE_LIMIT = 253


def add_webhook(
    group: RecipientGroup, name: str, address: str, *, actor: Actor
) -> tuple[Channel, str]:
    """The channel, and the key its calls are signed with, which is not shown again.

    Raises InvalidInput on ``name`` or ``address``, Conflict ``channel.exists``.
    """
    checked = checked_webhook(address)
    refuse_webhook(checked)
    key = signing.new_key()
    channel = Channel(
        group=group,
        name=checked_name(name),
        kind=ChannelKind.WEBHOOK,
        place=host_of(checked),
        secret=sealed_secret({"address": checked, "key": key}),
    )
    return save(channel, actor), key


def add_chat(group: RecipientGroup, name: str, address: str, *, actor: Actor) -> Channel:
    """Raises as `add_webhook` does, and Unavailable ``chat.missing`` without the package."""
    checked = address.strip()
    if len(checked) > ADDRESS_LIMIT:
        raise too_long()
    place = chat.place(checked)[:PLACE_LIMIT]
    refusal = chat.place_refusal(checked, current_policy())
    if refusal:
        raise InvalidInput(refusal, code="channel.address_refused", field="address")
    channel = Channel(
        group=group,
        name=checked_name(name),
        kind=ChannelKind.CHAT,
        place=place,
        secret=sealed_secret({"address": checked}),
    )
    return save(channel, actor)


def save(channel: Channel, actor: Actor) -> Channel:
    try:
        with transaction.atomic():
            keep(channel.secret)
            channel.save(force_insert=True)
            record(actor, "channel.added", channel, **facts(channel))
    except IntegrityError:
        raise Conflict(
            f"{channel.group} has a channel {channel.name} already. Choose another name.",
            code="channel.exists",
            field="name",
        ) from None
    return channel


def pause(channel: Channel, *, actor: Actor, paused: bool) -> Channel:
    """What is to be told waits while it is paused."""
    with transaction.atomic():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        row.paused = paused
        row.save(update_fields=["paused"])
        record(actor, "channel.changed", row, **facts(row), paused=paused)
    return row


def renew_key(channel: Channel, *, actor: Actor) -> str:
    """Calls are signed with it from now on. Raises Conflict ``channel.no_key`` for a chat."""
    if channel.kind != ChannelKind.WEBHOOK:
        raise Conflict(
            "Only webhooks have a signing key. For another address remove the channel and add it "
            "again.",
            code="channel.no_key",
        )
    key = signing.new_key()
    with transaction.atomic():
        row = Secret.objects.select_for_update().get(pk=channel.secret_id)
        seal_into(row, {**open_secret(row), "key": key})
        keep(row)
        record(actor, "channel.changed", channel, **facts(channel), new_key=True)
    return key


def remove_channel(channel: Channel, *, actor: Actor) -> None:
    """With its address and key; what was to go there is given up."""
    with transaction.atomic():
        row = Channel.objects.select_for_update().get(pk=channel.pk)
        record(actor, "channel.removed", row, **facts(row))
        waiting = Delivery.objects.filter(channel=row, state=DeliveryState.QUEUED)
        waiting.update(state=DeliveryState.FAILED)
        secret = row.secret_id
        row.delete()
        Secret.objects.filter(pk=secret).delete()


def facts(channel: Channel) -> dict[str, str]:
    """Nothing of its address but what may be shown."""
    return {"kind": channel.kind, "group": str(channel.group), "place": channel.place}


def checked_name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= NAME_LIMIT:
        raise InvalidInput(
            f"A name has 1 to {NAME_LIMIT} characters, such as “Ticket system”.",
            code="channel.name",
            field="name",
        )
    return name


def checked_webhook(text: str) -> str:
    address = text.strip()
    if len(address) > ADDRESS_LIMIT:
        raise too_long()
    try:
        parts = urlsplit(address)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or any(ord(letter) <= 32 for letter in address):
        raise InvalidInput(
            "A webhook's address begins with https:// (or http:// in a network you trust) and "
            "names a host, such as https://tickets.example.com/hook.",
            code="channel.address",
            field="address",
        )
    return address


def refuse_webhook(address: str) -> None:
    """Raises InvalidInput ``channel.address_refused``."""
    parts = urlsplit(address)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    refuse_address(parts.hostname or "", port, code="channel.address_refused")


def too_long() -> InvalidInput:
    return InvalidInput(
        f"The address has more than {ADDRESS_LIMIT:,} characters. Check that it is the right one.",
        code="channel.address",
        field="address",
    )


def host_of(address: str) -> str:
    """Never the path, which is often a token, nor a name and password."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return (f"{host}:{parts.port}" if parts.port else host)[:PLACE_LIMIT]
