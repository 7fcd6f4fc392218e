"""The page's parts: a card is one file and one template, and `CARDS` is the list of them."""

from pki.dashboard.overview.cards import (
    expiry,
    fleet,
    jobs,
    needs,
    next_to_expire,
    probes,
    recent,
    reminders,
)
from pki.dashboard.overview.cards.card import Card

CARDS: tuple[Card, ...] = (
    # The first one is also told in the page's lead.
    needs.CARD,
    expiry.CARD,
    next_to_expire.CARD,
    fleet.CARD,
    probes.CARD,
    reminders.CARD,
    jobs.CARD,
    recent.CARD,
)
