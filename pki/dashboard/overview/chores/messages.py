"""Whether anybody would hear of anything: recipients there are none of, messages that were lost."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from pki.actions.deliveries import failed_deliveries
from pki.actions.postbox import nobody_gets_mail
from pki.actions.recipients import addresses_of
from pki.dashboard.overview.chores.chore import Chore
from pki.models import Channel, RecipientGroup


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


def nobody_told() -> Iterator[Chore]:
    """Reminders stand here only, where somebody has to look."""
    if Channel.objects.filter(paused=False).exists():
        return
    if not any(addresses_of(group) for group in RecipientGroup.objects.all()):
        yield Chore(
            "soon",
            "Nobody is reminded of anything",
            "No recipient of reminders has an e-mail address. Enter yours under Settings, Users.",
            reverse("recipients"),
            "Look at the recipients",
        )
    elif nobody_gets_mail():
        yield Chore(
            "soon",
            "Reminders are not sent",
            "Mail is printed where the product was started. Name your mail server in EMAIL_URL.",
            reverse("settings"),
            "Look at the settings",
        )
