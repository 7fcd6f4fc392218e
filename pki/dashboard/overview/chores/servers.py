"""Servers whose certificate is missing, ends, or is not the one they answer with."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Count, QuerySet
from django.urls import reverse

from pki.dashboard.overview.chores.chore import SHOWN, Chore
from pki.dashboard.servers.filters import with_state
from pki.models import Server


def servers_in_need() -> Iterator[Chore]:
    counts = Server.objects.aggregate(
        **{state: Count("pk", filter=with_state(state)) for state in WORDS}
    )
    for state, (tone, one, several, detail, button) in WORDS.items():
        number = counts[state]
        listed = f"{reverse('server-list')}?state={state}"
        if number > SHOWN:
            yield Chore(tone, f"{number:,} {several}", detail, listed, "Show them")
        elif number:
            for server in in_state(state):
                page = PAGES.get(state, "server-renew")
                yield Chore(
                    tone, f"{server} {one}", detail, reverse(page, args=[server.pk]), button
                )


def in_state(state: str) -> QuerySet[Server]:
    return Server.objects.filter(with_state(state)).only("fqdn", "certificate_id")[:SHOWN]


#: Where what a state asks for is done.
PAGES = {
    "none": "server-issue",
    "old": "server-detail",
    "other": "server-detail",
    "unreachable": "server-detail",
}
WORDS = {
    "expired": (
        "bad",
        "has an expired certificate",
        "servers have an expired certificate",
        "Agents no longer reach it.",
        "Renew",
    ),
    "revoked": (
        "bad",
        "has a revoked certificate",
        "servers have a revoked certificate",
        "Put a new one in its place.",
        "Renew",
    ),
    "expiring": (
        "soon",
        "has a certificate that expires within 30 days",
        "servers have a certificate that expires within 30 days",
        "Renew it now, and put it to work in good time.",
        "Renew",
    ),
    "old": (
        "soon",
        "answers with its old certificate",
        "servers answer with their old certificates",
        "It was renewed; put the new one to work before the old one expires.",
        "Look at it",
    ),
    "other": (
        "bad",
        "answers with a certificate that is not its own",
        "servers answer with certificates that are not theirs",
        "Agents that trust only your root refuse it.",
        "Look at it",
    ),
    "unreachable": (
        "soon",
        "does not answer",
        "servers do not answer",
        "It was looked at on the port where agents come; its page says what went wrong.",
        "Look at it",
    ),
    "none": (
        "soon",
        "has no certificate yet",
        "servers have no certificate yet",
        "Issue one, or import one that another authority issued.",
        "Issue",
    ),
}


def this_host() -> Iterator[Chore]:
    """The dashboard itself answers with a temporary certificate."""
    if not Server.objects.filter(fqdn=settings.HOST).exists():
        yield Chore(
            "soon",
            "This dashboard answers with a temporary certificate",
            f"Give this host, {settings.HOST}, a certificate of its own.",
            f"{reverse('server-add')}?fqdn={settings.HOST}",
            "Add this host",
        )
