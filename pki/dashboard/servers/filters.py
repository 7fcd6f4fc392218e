"""Narrowing the list of servers."""

import django_filters
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from pki.models import Certificate, ProbeState, Server
from pki.models.certificate import EXPIRING

STATES = [
    ("hand", "Needs a hand"),
    ("valid", "Valid"),
    ("expiring", "Expires soon"),
    ("expired", "Expired"),
    ("revoked", "Revoked"),
    ("none", "No certificate"),
    ("old", "Renewed, not installed"),
    ("other", "Answers with another certificate"),
    ("unreachable", "Unreachable"),
]


class ServerFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="Name or comment", method="by_text")
    state = django_filters.ChoiceFilter(
        label="State", choices=STATES, empty_label="Any", method="by_state"
    )

    class Meta:
        model = Server
        fields = ()

    def by_text(self, queryset: QuerySet[Server], _name: str, value: str) -> QuerySet[Server]:
        return queryset.filter(Q(fqdn__icontains=value) | Q(comment__icontains=value))

    def by_state(self, queryset: QuerySet[Server], _name: str, value: str) -> QuerySet[Server]:
        return queryset.filter(with_state(value))


def with_state(state: str) -> Q:
    """Servers whose current certificate is in this state."""
    now = timezone.now()
    issued = Q(certificate__state=Certificate.State.ISSUED)
    expired = issued & Q(certificate__not_after__lte=now)
    expiring = issued & Q(certificate__not_after__gt=now, certificate__not_after__lt=now + EXPIRING)
    revoked = Q(certificate__state=Certificate.State.REVOKED)
    none = Q(certificate=None)
    # Who says that nobody need look does not want to be told either.
    watched = Q(probed=True, certificate__isnull=False)
    installed = Q(certificate=None) | Q(probe_sha256=F("certificate__sha256"))
    return {
        "valid": issued & Q(certificate__not_after__gt=now),
        "expiring": expiring,
        "expired": expired,
        "revoked": revoked,
        "none": none,
        "old": watched & ~installed & Q(probe_state__in=[ProbeState.IN_USE, ProbeState.OLD]),
        "other": watched & ~installed & Q(probe_state=ProbeState.OTHER),
        "unreachable": watched & Q(probe_state=ProbeState.UNREACHABLE),
        "hand": expired | expiring | revoked | none,
    }[state]
