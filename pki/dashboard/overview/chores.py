"""What needs a hand, each with the way out; as many queries for three servers as for a thousand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, QuerySet
from django.urls import reverse

from pki.actions.bulk_changes import left_behind
from pki.actions.clock import silent_since
from pki.actions.issuance import ABANDONED_AFTER
from pki.actions.rollover.open_rollover import open_rollover
from pki.dashboard.servers.filters import with_state
from pki.jobs import KINDS
from pki.models import (
    Authority,
    Certificate,
    Job,
    Role,
    Rollover,
    Server,
    TrustState,
    User,
    Workstation,
)
from pki.models.rollover import Stage

#: Servers named one by one; of more than these only the number is told.
SHOWN = 5


@dataclass(frozen=True)
class Chore:
    #: bad or soon, as the states of certificates.
    tone: str
    title: str
    detail: str
    url: str
    button: str


def chores(now: datetime) -> list[Chore]:
    """The most urgent first."""
    return [
        *the_clock(now),
        *workstations_waiting(),
        *changes_left(now),
        *servers_in_need(),
        *this_host(),
        *roots_in_need(now),
        *installation(now),
    ]


def the_clock(now: datetime) -> Iterator[Chore]:
    """Silence is never good news: without the clock nothing below would ever be told."""
    silent = silent_since(now)
    if silent:
        yield Chore(
            "bad",
            "The clock has stopped",
            f"Nothing runs by itself since {silent:%Y-%m-%d %H:%M} UTC. Start the product with "
            "“certiflow up”, or run “certiflow maintain” by cron.",
            reverse("job-list"),
            "Look at the jobs",
        )
    for job in Job.objects.filter(failures__gt=0)[:SHOWN]:
        times = "" if job.failures == 1 else f", {job.failures:,} times in a row"
        yield Chore(
            "bad",
            f"The job “{KINDS[job.name].label if job.name in KINDS else job.name}” failed{times}",
            "The list of jobs says why.",
            reverse("job-list"),
            "Look at it",
        )


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


def installation(now: datetime) -> Iterator[Chore]:
    stale = Certificate.objects.filter(
        state=Certificate.State.PREPARED, created_at__lt=now - ABANDONED_AFTER
    ).count()
    if stale:
        yield Chore(
            "soon",
            f"{stale} certificates were begun and not finished",
            "A process was stopped in between. Nobody received them; the next start closes them.",
            f"{reverse('certificate-list')}?state=prepared",
            "Show them",
        )
    if User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count() == 1:
        yield Chore(
            "soon",
            "There is only one administrator",
            "If that password is lost, nobody can set a new one here. Add a second person.",
            reverse("settings-users"),
            "Add someone",
        )
