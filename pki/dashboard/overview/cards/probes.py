"""Which servers use the certificates they were given."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.urls import reverse

from pki.dashboard.overview.cards.card import Card, Number
from pki.dashboard.servers.filters import with_state
from pki.models import Server

#: Named one by one.
SHOWN = 5

LABELS = {
    "in_use": ("In use", "good"),
    "old": ("The certificate before", "soon"),
    "other": ("Another certificate", "bad"),
    "unreachable": ("Unreachable", "soon"),
    "unseen": ("Never looked at", "quiet"),
    "unwatched": ("Not to be looked at", "quiet"),
}


@dataclass(frozen=True)
class Probes:
    answers: list[Number]
    #: Renewed at all, and renewed without having been installed: two things.
    renewed: list[Number]
    #: The servers that answer with the certificate before.
    not_installed: list[Server]
    more: int

    @property
    def any(self) -> bool:
        return any(number.count for number in self.answers)


def probes(_now: datetime) -> Probes:
    counts = Server.objects.aggregate(
        **{state: Count("pk", filter=with_state(state)) for state in (*LABELS, "renewed")}
    )
    shown = list(Server.objects.filter(with_state("old")).only("fqdn")[:SHOWN])
    return Probes(
        answers=[
            Number(label, counts[state], listed(state), tone)
            for state, (label, tone) in LABELS.items()
            # Most installations have none of these, and then nobody asks.
            if counts[state] or state != "unwatched"
        ],
        renewed=[
            Number("In the last 30 days", counts["renewed"], listed("renewed"), "good"),
            Number("But not installed", counts["old"], listed("old"), "soon"),
        ],
        not_installed=shown,
        more=counts["old"] - len(shown),
    )


def listed(state: str) -> str:
    return f"{reverse('server-list')}?state={state}"


CARD = Card("probes", "What the servers answer with", probes)
