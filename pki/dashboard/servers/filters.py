"""Narrowing the list of servers."""

from datetime import timedelta

import django_filters
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from pki.models import Certificate, ProbeState, Server
from pki.models.certificate import EXPIRING, LATELY

STATES = [
    ("hand", "Needs a hand"),
    ("valid", "Valid"),
    ("expiring", "Expires soon"),
    ("expired", "Expired"),
    ("revoked", "Revoked"),
    ("none", "No certificate"),
    ("renewed", "Renewed in the last 30 days"),
    ("in_use", "Answers with its certificate"),
    ("old", "Renewed, not installed"),
    ("other", "Answers with another certificate"),
    ("unreachable", "Unreachable"),
    ("unseen", "Never looked at"),
    ("unwatched", "Not to be looked at"),
]
#: What a server that answered at all was found with.
ANSWERED = [ProbeState.IN_USE, ProbeState.OLD, ProbeState.OTHER]


class ServerFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label="Name or comment", method="by_text")
    state = django_filters.ChoiceFilter(
        label="State", choices=STATES, empty_label="Any", method="by_state"
    )
    expires = django_filters.NumberFilter(
        label="Expires within, in days", method="by_expiry", min_value=1, max_value=3650
    )

    class Meta:
        model = Server
        fields = ()

    def by_text(self, queryset: QuerySet[Server], _name: str, value: str) -> QuerySet[Server]:
        return queryset.filter(Q(fqdn__icontains=value) | Q(comment__icontains=value))

    def by_state(self, queryset: QuerySet[Server], _name: str, value: str) -> QuerySet[Server]:
        return queryset.filter(with_state(value))

    def by_expiry(self, queryset: QuerySet[Server], _name: str, value: int) -> QuerySet[Server]:
        return queryset.filter(
            certificate__state=Certificate.State.ISSUED,
            certificate__not_after__lt=timezone.now() + timedelta(days=int(value)),
        )


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
        "renewed": issued
        & Q(certificate__replaces__isnull=False, certificate__issued_at__gte=now - LATELY),
        "in_use": watched & installed & Q(probe_state__in=ANSWERED),
        "old": watched & ~installed & Q(probe_state__in=[ProbeState.IN_USE, ProbeState.OLD]),
        "other": watched & ~installed & Q(probe_state=ProbeState.OTHER),
        "unreachable": watched & Q(probe_state=ProbeState.UNREACHABLE),
        "unseen": watched & Q(probe_state=""),
        "unwatched": Q(probed=False, certificate__isnull=False),
        "hand": expired | expiring | revoked | none,
    }[state]
