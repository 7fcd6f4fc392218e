"""What a crash left behind: reservations whose certificate nobody received."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.issuance import ABANDONED_AFTER, abandon
from pki.models import Certificate


def unfinished(older_than: timedelta = ABANDONED_AFTER) -> list[Certificate]:
    return list(
        Certificate.objects.filter(
            state=Certificate.State.PREPARED, created_at__lte=timezone.now() - older_than
        )
    )


def close_unfinished(actor: Actor) -> int:
    """Close them, at the start of the product; how many there were.

    With SQLite nobody else is issuing at the start, so every reservation is a left-over;
    on PostgreSQL another node may be at work on the young ones.
    """
    age = timedelta(0) if connection.vendor == "sqlite" else ABANDONED_AFTER
    rows = unfinished(age)
    for row in rows:
        abandon(row, actor, reason="The process that issued it ended before it was stored.")
    return len(rows)
