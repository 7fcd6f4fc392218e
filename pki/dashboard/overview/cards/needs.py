"""What needs a hand."""

from pki.dashboard.overview.cards.card import Card
from pki.dashboard.overview.chores import chores

CARD = Card("needs", "Needs a hand", chores, wide=True)
