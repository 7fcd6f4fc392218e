"""Workstations that are not seen, and those that wait for somebody."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from pki.actions.matters.matter import DAY, Matter, date
from pki.models import TrustState, Workstation
from pki.models.workstation import ADMITTED


def silent(now: datetime, days: Sequence[int]) -> Iterator[Matter]:
    limit = now - max(days, default=0) * DAY
    # One that never came with its certificate counts from its approval on.
    unseen = Q(last_seen_at__lte=limit) | Q(last_seen_at=None, state_since__lte=limit)
    rows = Workstation.objects.filter(unseen, state__in=ADMITTED).order_by()
    for pk, name, seen, approved in rows.values_list(
        "pk", "name", "last_seen_at", "state_since"
    ).iterator():
        since = seen or approved
        yield Matter(
            key=f"workstation:{pk}",
            label=name,
            url=f"/workstations/{pk}/",
            sentence=f"{name} has not been seen since {date(since)}."
            if seen
            else f"{name} was approved on {date(since)} and has never come with its certificate.",
            since=since,
        )


def pending(now: datetime, days: Sequence[int]) -> Iterator[Matter]:
    rows = Workstation.objects.filter(
        state=TrustState.PENDING, registered_at__lte=now - max(days, default=0) * DAY
    ).order_by()
    for pk, name, since in rows.values_list("pk", "name", "registered_at").iterator():
        yield Matter(
            key=f"workstation:{pk}",
            label=name,
            url=f"/workstations/{pk}/",
            sentence=f"{name} has waited for approval since {date(since)}.",
            since=since,
        )
