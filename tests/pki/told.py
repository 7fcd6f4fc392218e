"""What is to be told, as the reminders leave it: notices, and whom each is for."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.utils import timezone

from pki.models import Channel, Notice, Reminder, ReminderKind, Telling

ADDRESS = "anna@example.com"


def notice(
    label: str = "cm1.example.com",
    *,
    text: str = "",
    kind: str = ReminderKind.SERVER,
    step: str = "30",
    urgent: bool = False,
    days: int | None = 30,
    **reminder: Any,
) -> Notice:
    """A new reminder with one notice; ``days`` until it ends."""
    now = timezone.now()
    ends_at: datetime | None = None if days is None else now + timedelta(days=days)
    made = Reminder.objects.create(
        **{
            "kind": kind,
            "key": f"server:{sha256(label.encode()).hexdigest()[:32]}",
            "label": label,
            "url": "/servers/1/",
            "ends_at": ends_at,
            "since": None if ends_at else now,
            **reminder,
        }
    )
    said = text or f"The certificate of {label} expires in {days} days."
    return Notice.objects.create(reminder=made, step=step, text=said, urgent=urgent)


def told(*notices: Notice, to: str = ADDRESS, channel: Channel | None = None) -> list[Telling]:
    """Each notice is to be told to one address, or to a channel."""
    return [
        Telling.objects.create(notice=each, address="" if channel else to, channel=channel)
        for each in notices
    ]
