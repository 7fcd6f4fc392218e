"""What a webhook is sent and what a chat is told, ready to go without the database."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from django.conf import settings

from pki.actions.address_policy import current_policy
from pki.actions.stored_secrets import open_secret
from pki.actions.summaries import absolute, summary
from pki.actions.trusted_roots import trusted_roots
from pki.errors import CertiflowError
from pki.messaging import chat, webhooks
from pki.messaging.outcome import Outcome
from pki.models import ChannelKind, Delivery, DeliverySort, Notice
from pki.outgoing import Policy

Ready = Callable[[], Outcome]
#: Sections of a chat's message that are told one by one.
MOST_LINES = 10


def ready_call(delivery: Delivery, notices: list[Notice], now: datetime) -> Ready:
    """Everything that needs the database is read here; what is returned only sends."""
    channel = delivery.channel
    if channel is None:
        return partial(Outcome, False, "The channel was removed before it was sent.", final=True)
    try:
        secret = open_secret(channel.secret)
    except CertiflowError as error:
        return partial(Outcome, False, error.message)
    if channel.kind == ChannelKind.WEBHOOK:
        return ready_webhook(delivery, secret, notices, now)
    return ready_chat(delivery, secret, notices, now)


def ready_webhook(
    delivery: Delivery, secret: dict[str, str], notices: list[Notice], now: datetime
) -> Ready:
    call = webhooks.Call(
        address=secret["address"],
        key=secret["key"],
        message_id=str(delivery.pk),
        body=body(delivery, notices, now),
        policy=current_policy(),
        roots="".join(root.pem.decode() for root in trusted_roots()),
    )
    return partial(webhooks.post, call, now)


def body(delivery: Delivery, notices: list[Notice], now: datetime) -> bytes:
    """As docs/webhooks.md promises; what is there stays, more may come."""
    document = {
        "type": "test" if delivery.sort == DeliverySort.TEST else "reminders",
        "id": str(delivery.pk),
        "at": stamp(delivery.created_at),
        "installation": {
            "host": settings.HOST,
            "url": absolute("/"),
            "version": version("certiflow-admin"),
        },
        "notices": [fact(notice, now) for notice in sorted(notices, key=lambda each: each.pk)],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def fact(notice: Notice, now: datetime) -> dict[str, object]:
    reminder = notice.reminder
    return {
        "kind": reminder.kind,
        "step": notice.step,
        "text": notice.text,
        "urgent": notice.urgent,
        "subject": reminder.label,
        "at": stamp(notice.at),
        "ends_at": stamp(reminder.ends_at),
        "since": stamp(reminder.since),
        "url": absolute(reminder.url),
        "reminder": reminder.pk,
        "state": reminder.condition(now),
    }


def stamp(at: datetime | None) -> str | None:
    """RFC 3339, in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None


def ready_chat(
    delivery: Delivery, secret: dict[str, str], notices: list[Notice], now: datetime
) -> Ready:
    if delivery.sort == DeliverySort.TEST:
        title, text = f"Test message from {settings.HOST}", "Reminders will come here."
    else:
        told = summary(notices, now)
        folds = [fold for section in told.sections for fold in section.folds]
        lines = [
            f"{fold.headline}: {fold.names}" if len(fold.matters) > 1 else fold.headline
            for fold in folds
        ]
        lines += [f"Settled: {told.settled.names}"] if told.settled else []
        if len(lines) > MOST_LINES:
            lines[MOST_LINES:] = [f"and {len(lines) - MOST_LINES:,} more"]
        title, text = told.headline, "\n".join([*lines, absolute("/reminders/")])
    return partial(sent_to_chat, secret["address"], title, text, current_policy())


def sent_to_chat(address: str, title: str, text: str, policy: Policy) -> Outcome:
    try:
        return chat.send(address, title, text, policy)
    except CertiflowError as error:
        return Outcome(False, error.message)
