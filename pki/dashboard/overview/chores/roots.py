"""Roots whose end comes near."""

from collections.abc import Iterator
from datetime import datetime

from pki.dashboard.overview.chores.chore import Chore
from pki.models import Authority


def roots_in_need(now: datetime) -> Iterator[Chore]:
    """A root is replaced over years, not days."""
    for authority in Authority.objects.filter(active=True).select_related("certificate"):
        left = authority.certificate.time_left(now).days
        if left < 2 * 365:
            yield Chore(
                "bad" if left < 365 else "soon",
                f"The root {authority} expires in {max(left, 0):,} days",
                "Plan its replacement: every server and workstation has to trust the new one.",
                authority.get_absolute_url(),
                "Look at it",
            )
