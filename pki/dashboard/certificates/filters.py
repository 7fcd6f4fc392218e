"""Narrowing the list of certificates; every filter is backed by an index."""

from datetime import timedelta

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone

from pki.dashboard.certificates.tables import PROFILE_LABELS
from pki.dashboard.prefixes import begins_with, of_workstation
from pki.models import Certificate
from pki.models.certificate import EXPIRING, State

STATES = [
    ("valid", "Valid"),
    ("expiring", "Expires soon"),
    ("expired", "Expired"),
    ("revoked", "Revoked"),
    ("prepared", "Being issued"),
    ("abandoned", "Abandoned"),
]


#: Without those that were replaced.
ROOTS_IN_USE = ("root-in-use", "Root in use")


class CertificateFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="Name or serial number", method="by_text")
    state = django_filters.ChoiceFilter(
        label="State", choices=STATES, empty_label="Any", method="by_state"
    )
    profile = django_filters.ChoiceFilter(
        label="Kind",
        choices=[*PROFILE_LABELS.items(), ROOTS_IN_USE],
        empty_label="Any",
        method="by_profile",
    )
    expires = django_filters.NumberFilter(
        label="Expires within, in days", method="by_expiry", min_value=1, max_value=3650
    )

    class Meta:
        model = Certificate
        fields = ()

    def by_text(
        self, queryset: QuerySet[Certificate], _name: str, value: str
    ) -> QuerySet[Certificate]:
        text = value.strip().lower()
        serial = text.replace(":", "").replace(" ", "").lstrip("0")
        wanted = begins_with("common_name", text) | of_workstation(text)
        if serial:
            wanted |= begins_with("serial_number", serial)
        return queryset.filter(wanted)

    def by_state(
        self, queryset: QuerySet[Certificate], _name: str, value: str
    ) -> QuerySet[Certificate]:
        return queryset.filter(in_state(value))

    def by_profile(
        self, queryset: QuerySet[Certificate], _name: str, value: str
    ) -> QuerySet[Certificate]:
        if value == ROOTS_IN_USE[0]:
            return queryset.filter(authority_of__isnull=False, authority_of__retired_at=None)
        return queryset.filter(profile=value)

    def by_expiry(
        self, queryset: QuerySet[Certificate], _name: str, value: int
    ) -> QuerySet[Certificate]:
        return queryset.filter(not_after__lt=timezone.now() + timedelta(days=int(value)))


def in_state(state: str) -> Q:
    now = timezone.now()
    issued = Q(state=State.ISSUED)
    return {
        "valid": issued & Q(not_after__gt=now),
        "expiring": issued & Q(not_after__gt=now, not_after__lt=now + EXPIRING),
        "expired": issued & Q(not_after__lte=now),
    }.get(state, Q(state=state))
