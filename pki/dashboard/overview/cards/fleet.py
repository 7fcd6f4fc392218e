"""The workstations: how far they are trusted, whether they come, who renewed and who did not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from pki.dashboard.counting import counted
from pki.dashboard.overview.cards.card import Card, Number
from pki.dashboard.workstations.filters import unseen_ways, with_standing
from pki.dashboard.workstations.wording import STATES
from pki.models import TrustState, Workstation

#: In days.
SILENT = (7, 30)

CERTIFICATES = {
    "lately": ("Renewed in the last 30 days", "good"),
    "due": ("Due, and not renewed", "soon"),
    "expired": ("Expired", "bad"),
}


@dataclass(frozen=True)
class Fleet:
    states: list[Number]
    presence: list[Number]
    certificates: list[Number]

    @property
    def any(self) -> bool:
        return any(number.count for number in self.states)


def fleet(_now: datetime) -> Fleet:
    rows = Workstation.objects.all()
    # Of the trusted ones: nobody expects the others to come.
    trusted = rows.filter(state=TrustState.TRUSTED)
    numbers = counted(
        {state.value: rows.filter(state=state) for state in STATES}
        | {name: rows.filter(with_standing(name)) for name in CERTIFICATES}
        | {
            f"{days}-{way}": trusted.filter(unseen)
            for days in SILENT
            for way, unseen in enumerate(unseen_ways(timedelta(days=days)))
        }
    )
    return Fleet(
        states=[
            Number(label, numbers[state], listed(f"state={state}"), tone)
            for state, (label, tone, _icon) in STATES.items()
        ],
        presence=[
            Number(
                f"Silent for {days} days",
                numbers[f"{days}-0"] + numbers[f"{days}-1"],
                listed(f"state=trusted&unseen={days}"),
                "soon",
            )
            for days in SILENT
        ],
        certificates=[
            Number(label, numbers[name], listed(f"certificate={name}"), tone)
            for name, (label, tone) in CERTIFICATES.items()
        ],
    )


def listed(query: str) -> str:
    return f"{reverse('workstation-list')}?{query}"


CARD = Card("fleet", "Workstations", fleet)
