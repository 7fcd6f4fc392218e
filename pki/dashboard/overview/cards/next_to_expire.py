"""The ten that expire next, each with the way to a new one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.safestring import SafeString

from pki.dashboard.overview.cards.card import Card
from pki.dashboard.overview.ends import authorities, server_ends
from pki.dashboard.templatetags.dashboard import condition_badge, distance
from pki.dashboard.workstations.wording import standing_badge
from pki.models import Server, TrustState, Workstation

SHOWN = 10
#: A fleet that is due would take every place otherwise, and hide the server of tomorrow.
WORKSTATIONS = SHOWN // 2


@dataclass(frozen=True)
class Ending:
    name: str
    kind: str
    url: str
    at: datetime
    left: str
    badge: SafeString
    #: Where a form renews it by one click.
    renew: str = ""
    #: What the person was looking at: the second of two is told so.
    expected: int | None = None
    #: Where else the way leads, and what it is called.
    page: str = ""
    button: str = ""


def next_to_expire(now: datetime) -> list[Ending]:
    """Those that end first; of servers and roots also those that have ended already."""
    others = sorted([*servers(now), *roots(now)], key=end)[:SHOWN]
    machines = list(workstations(now))
    shown = max(WORKSTATIONS, SHOWN - len(others))
    return sorted([*others, *machines[:shown]], key=end)[:SHOWN]


def end(row: Ending) -> datetime:
    return row.at


def servers(now: datetime) -> Iterator[Ending]:
    first = [pk for _, pk in server_ends()[:SHOWN]]
    rows = Server.objects.filter(pk__in=first).select_related("certificate")
    for row in rows.defer("certificate__der", "certificate__chain"):
        current = row.certificate
        if current is None:
            continue
        ours = current.authority_id is not None
        yield Ending(
            name=row.fqdn,
            kind="Server",
            url=row.get_absolute_url(),
            at=current.not_after,
            left=distance(current.time_left(now)),
            badge=condition_badge(current),
            renew=reverse("server-renew-alike", args=[row.pk]) if ours else "",
            expected=current.pk,
            # Whose authority is another one decides whether ours takes its place.
            page="" if ours else reverse("server-renew", args=[row.pk]),
            button="" if ours else "Renew…",
        )


def workstations(now: datetime) -> Iterator[Ending]:
    """Not the ended ones: no task reaches an agent whose certificate is refused."""
    rows = Workstation.objects.filter(expires_at__gt=now).defer("inventory").order_by("expires_at")
    for row in rows[:SHOWN]:
        if row.expires_at is None:
            continue
        trusted = row.state == TrustState.TRUSTED
        yield Ending(
            name=row.name,
            kind="Workstation",
            url=row.get_absolute_url(),
            at=row.expires_at,
            left=distance(row.expires_at - now),
            badge=standing_badge(row),
            renew=reverse("workstation-renew", args=[row.pk]) if trusted else "",
            expected=row.certificate_id,
        )


def roots(now: datetime) -> Iterator[Ending]:
    for row in authorities():
        yield Ending(
            name=row.common_name,
            kind="Root",
            url=row.get_absolute_url(),
            at=row.certificate.not_after,
            left=distance(row.certificate.time_left(now)),
            badge=condition_badge(row.certificate),
            page=row.get_absolute_url(),
            button="Look at it",
        )


CARD = Card("next_to_expire", "Next to expire", next_to_expire, wide=True)
