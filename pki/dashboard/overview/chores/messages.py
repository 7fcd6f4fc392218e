"""Messages that were given up."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from pki.actions.deliveries import failed_deliveries
from pki.dashboard.overview.chores.chore import Chore


def messages_lost(now: datetime) -> Iterator[Chore]:
    """Whoever waits for a reminder does not know that none came."""
    number = failed_deliveries(now)
    if number:
        yield Chore(
            "bad",
            f"{number:,} messages did not arrive" if number > 1 else "A message did not arrive",
            "Reminders were tried for about three days and given up. The list of messages says "
            "why.",
            f"{reverse('delivery-list')}?state=failed",
            "Show them",
        )
