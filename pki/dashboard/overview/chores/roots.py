"""Roots whose end comes near, and one that is being replaced."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from pki.actions.rollover.open_rollover import open_rollover
from pki.dashboard.overview.chores.chore import Chore
from pki.models import Authority, Rollover
from pki.models.rollover import Stage


def roots_in_need(now: datetime) -> Iterator[Chore]:
    """A root is replaced over years, not days."""
    rollover = open_rollover()
    if rollover is not None:
        yield of_rollover(rollover)
        return
    for authority in Authority.objects.filter(active=True).select_related("certificate"):
        left = authority.certificate.time_left(now).days
        if left < 2 * 365:
            yield Chore(
                "bad" if left < 365 else "soon",
                f"The root {authority} expires in {max(left, 0):,} days",
                "Replace it in good time: everything goes on working meanwhile.",
                reverse("rollover"),
                "Replace it",
            )


def of_rollover(rollover: Rollover) -> Chore:
    if rollover.paused:
        detail = "It is paused: no further wave begins until somebody lets it go on."
    elif rollover.stage == Stage.ANNOUNCED:
        detail = "The new one is announced; its page says who trusts it already."
    else:
        detail = "Certificates are issued anew in waves; its page says who is left."
    return Chore(
        "soon",
        f"The root {rollover.old} is being replaced by {rollover.successor}",
        detail,
        reverse("rollover"),
        "Go on",
    )
