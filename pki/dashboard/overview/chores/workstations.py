"""Workstations that wait for a person, or that did not renew in time."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse

from pki.actions.bulk_changes import left_behind
from pki.dashboard.counting import counted
from pki.dashboard.overview.chores.chore import SHOWN, Chore
from pki.dashboard.workstations.filters import ending_within, with_standing
from pki.models import TrustState, Workstation
from pki.models.certificate import EXPIRING


def workstations_waiting() -> Iterator[Chore]:
    """Each with what there is to compare, since a stranger may be among them."""
    waiting = Workstation.objects.filter(state=TrustState.PENDING)
    number = waiting.count()
    if number > SHOWN:
        yield Chore(
            "soon",
            f"{number:,} workstations wait for approval",
            "Compare the fingerprints of their keys with what the agents show.",
            f"{reverse('workstation-list')}?state=pending",
            "Show them",
        )
        return
    for row in waiting.defer("inventory").order_by("registered_at"):
        flag = "Its identifier is taken by another machine! " if row.identifier_taken else ""
        yield Chore(
            "bad" if row.identifier_taken else "soon",
            f"{row} waits for approval",
            f"{flag}{row.agent_id}, from {row.address or 'an unknown address'}, key "
            f"{row.public_key_sha256[:16].upper()}…",
            row.get_absolute_url(),
            "Decide",
        )


def workstations_alternating() -> Iterator[Chore]:
    """A copied disk image, with the agent's key in it."""
    rows = Workstation.objects.filter(alternates_since__isnull=False).defer("inventory")
    found = list(rows.order_by("name")[: SHOWN + 1])
    if not found:
        return
    names = ", ".join(str(row) for row in found[:SHOWN])
    one = len(found) == 1
    yield Chore(
        "bad",
        "Two machines seem to use one certificate",
        f"{names}{' and others' if len(found) > SHOWN else ''}: the computer's name goes back and "
        "forth, as after a disk image was copied with the agent's key.",
        found[0].get_absolute_url() if one else f"{reverse('workstation-list')}?flag=alternating",
        "Check" if one else "Show them",
    )


def changes_left(now: datetime) -> Iterator[Chore]:
    """Decisions about many workstations that nobody watches any more, and so nobody carries out."""
    for row in left_behind(now)[:SHOWN]:
        yield Chore(
            "soon",
            f"“{row}” was left unfinished",
            f"{row.position:,} of {row.total:,} are done. The clock goes on with it, and so does "
            "whoever opens its page.",
            row.get_absolute_url(),
            "Go on",
        )


def workstations_overdue() -> Iterator[Chore]:
    """Their agents renew after two thirds of the lifetime; these had months and did not."""
    rows = Workstation.objects.all()
    numbers = counted(
        {
            "expired": rows.filter(with_standing("expired")),
            "expiring": rows.filter(with_standing("valid"), ending_within(EXPIRING)),
        }
    )
    listed = reverse("workstation-list")
    if numbers["expired"]:
        yield Chore(
            "bad",
            f"{workstations(numbers['expired'])} an expired certificate",
            "The agent site refuses it. Register the agent again, or revoke what is gone for good.",
            f"{listed}?certificate=expired",
            "Show them",
        )
    if numbers["expiring"]:
        yield Chore(
            "soon",
            f"{workstations(numbers['expiring'])} a certificate that expires within 30 days",
            "The agent should have renewed it by now. Look when it was seen last, and give it the "
            "task to renew.",
            f"{listed}?certificate=valid&expires={EXPIRING // timedelta(days=1)}",
            "Show them",
        )


def workstations(number: int) -> str:
    return "1 workstation has" if number == 1 else f"{number:,} workstations have"
