"""Narrowing the list of workstations: exact texts, or patterns with ``*``."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from pki.actions.rollover.cut_off import not_trusting, without_new_certificate
from pki.actions.rollover.open_rollover import open_rollover
from pki.errors import InvalidInput
from pki.models import Tag, TrustState, Workstation
from pki.models.certificate import LATELY
from pki.models.workstation import ADMITTED, Standing

Rows = QuerySet[Workstation]

#: In the list's address, and no filter.
NO_FILTERS = {"page", "sort", "per_page"}


#: How a certificate stands, and two that take several of these together.
STANDINGS = [
    ("valid", "Valid"),
    (Standing.RENEWED, "Renewed"),
    ("lately", "Renewed in the last 30 days"),
    (Standing.FIRST, "First one"),
    (Standing.DUE, "Due, not renewed"),
    (Standing.EXPIRED, "Expired"),
    (Standing.NONE, "None"),
]


def with_standing(standing: str) -> Q:
    """Workstations whose certificate stands so with its renewal."""
    now = timezone.now()
    early = Q(renewal_due_at__gt=now)
    return {
        "valid": Q(expires_at__gt=now),
        "lately": Q(renewed_at__gte=now - LATELY),
        Standing.RENEWED: early & Q(renewed_at__isnull=False),
        Standing.FIRST: early & Q(renewed_at=None),
        Standing.DUE: Q(renewal_due_at__lte=now, expires_at__gt=now),
        Standing.EXPIRED: Q(expires_at__lte=now),
        Standing.NONE: Q(expires_at=None),
    }[standing]


def ending_within(time: timedelta) -> Q:
    """Those whose certificate ends before that, ended ones included."""
    return Q(expires_at__lt=timezone.now() + time)


def unseen_for(time: timedelta) -> Q:
    """Those whose agent was not heard for so long, or never since it registered."""
    gone, never = unseen_ways(time)
    return gone | never


def unseen_ways(time: timedelta) -> tuple[Q, Q]:
    """The two ways of that, which nobody is in at once; counted apart each has its index."""
    since = timezone.now() - time
    return Q(last_seen_at__lt=since), Q(last_seen_at=None, registered_at__lt=since)


def query_of(request: HttpRequest) -> str:
    """The filters of the list's address that say something, in one order."""
    pairs = [
        (name, value)
        for name, value in request.GET.items()
        if name not in NO_FILTERS and isinstance(value, str) and value.strip()
    ]
    return urlencode(sorted(pairs))


def matching(query: str) -> Rows:
    """The workstations that the list with these filters shows, on all its pages.

    Raises InvalidInput ``filter.unusable`` rather than showing all of them.
    """
    found = WorkstationFilter(QueryDict(query), Workstation.objects.order_by("name", "pk"))
    if not found.is_valid():
        raise InvalidInput(
            "The filters of this list cannot be used. Set them again.", code="filter.unusable"
        )
    return found.qs


#: While the root is being replaced.
ROOTS = [
    ("trusts", "Trusts it"),
    ("not-yet", "Trusts the old one only"),
    ("unknown", "Says nothing of roots"),
    ("untrusting", "Not known to trust it"),
    ("old", "Has no certificate of it"),
    ("cut-off", "Would be cut off without the old one"),
]


#: What somebody should look at.
FLAGS = [("alternating", "Two machines with one certificate"), ("taken", "Identifier taken")]


class PatternFilter(django_filters.CharFilter):
    """The whole text in any capitals; ``*`` stands for any letters."""

    def filter(self, qs: Rows, value: str) -> Rows:
        text = (value or "").strip()
        if not text:
            return qs
        if "*" not in text:
            return qs.filter(**{f"{self.field_name}__iexact": text})
        parts = text.split("*")
        wanted = Q()
        if parts[0]:
            wanted &= Q(**{f"{self.field_name}__istartswith": parts[0]})
        if parts[-1]:
            wanted &= Q(**{f"{self.field_name}__iendswith": parts[-1]})
        if any(parts[1:-1]):
            pattern = ".*".join(re.escape(part) for part in parts)
            wanted &= Q(**{f"{self.field_name}__iregex": f"^{pattern}$"})
        return qs.filter(wanted)


class AddressFilter(PatternFilter):
    """As text: PostgreSQL keeps addresses in a type of its own."""

    def filter(self, qs: Rows, value: str) -> Rows:
        text = (value or "").strip()
        if "*" in text:
            return qs.filter(address__startswith=text.split("*")[0])
        return qs.filter(address=text) if text else qs


class WorkstationFilter(django_filters.FilterSet):
    name = PatternFilter(label="Name")
    identifier = PatternFilter(label="Identifier", field_name="agent_id")
    state = django_filters.ChoiceFilter(
        label="State", choices=TrustState.choices, empty_label="Any"
    )
    hostname = PatternFilter(label="Computer name")
    os = PatternFilter(label="System version")
    address = AddressFilter(label="IP address")
    comment = PatternFilter(label="Comment")
    agent_version = PatternFilter(label="Agent version")
    tag = django_filters.ModelChoiceFilter(
        label="Tag", field_name="tags", queryset=Tag.objects.all(), empty_label="Any"
    )
    unseen = django_filters.NumberFilter(
        label="Not seen for, in days", method="by_unseen", min_value=1, max_value=3650
    )
    certificate = django_filters.ChoiceFilter(
        label="Certificate", choices=STANDINGS, empty_label="Any", method="by_standing"
    )
    expires = django_filters.NumberFilter(
        label="Expires within, in days", method="by_expiry", min_value=1, max_value=3650
    )

    flag = django_filters.ChoiceFilter(
        label="Flagged", choices=FLAGS, empty_label="Any", method="by_flag"
    )
    root = django_filters.ChoiceFilter(
        label="New root", choices=ROOTS, empty_label="Any", method="by_root"
    )

    class Meta:
        model = Workstation
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rollover = open_rollover()
        if self.rollover is None and "root" not in (self.data or {}):
            del self.filters["root"]

    def by_root(self, queryset: Rows, _name: str, value: str) -> Rows:
        """None at all once the replacement is over: rather than all of them."""
        if self.rollover is None:
            return queryset.none()
        admitted = queryset.filter(state__in=ADMITTED)
        successor = self.rollover.successor_id
        wanted = {
            "trusts": Q(newest_root=successor),
            "not-yet": Q(newest_root__isnull=False) & ~Q(newest_root=successor),
            "unknown": Q(newest_root=None),
            "untrusting": not_trusting(self.rollover),
            "old": without_new_certificate(self.rollover),
            "cut-off": not_trusting(self.rollover) | without_new_certificate(self.rollover),
        }
        return admitted.filter(wanted[value])

    def by_flag(self, queryset: Rows, _name: str, value: str) -> Rows:
        if value == "alternating":
            return queryset.filter(alternates_since__isnull=False)
        return queryset.filter(identifier_taken=True, state=TrustState.PENDING)

    def by_unseen(self, queryset: Rows, _name: str, value: int) -> Rows:
        return queryset.filter(unseen_for(timedelta(days=int(value))))

    def by_standing(self, queryset: Rows, _name: str, value: str) -> Rows:
        return queryset.filter(with_standing(value))

    def by_expiry(self, queryset: Rows, _name: str, value: int) -> Rows:
        return queryset.filter(ending_within(timedelta(days=int(value))))
