"""Narrowing the list of reminders."""

from urllib.parse import urlencode

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from pki.errors import InvalidInput
from pki.models import Reminder, ReminderKind
from pki.models.reminder import unanswered

Rows = QuerySet[Reminder]

STATES = [
    ("open", "Open, nobody sees to it"),
    ("acknowledged", "Acknowledged"),
    ("snoozed", "Put off"),
    ("closed", "Settled"),
    ("every", "All"),
]


class ReminderFilter(django_filters.FilterSet):
    """Without a state: what is not settled."""

    q = django_filters.CharFilter(label="Subject", field_name="label", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(
        label="Kind", choices=ReminderKind.choices, empty_label="Any"
    )
    state = django_filters.ChoiceFilter(
        label="State", choices=STATES, empty_label="Not settled", method="by_state"
    )

    class Meta:
        model = Reminder
        fields = ()

    def filter_queryset(self, queryset: Rows) -> Rows:
        found: Rows = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.filter(closed_at=None)

    def by_state(self, queryset: Rows, _name: str, value: str) -> Rows:
        return queryset.filter(in_state(value))


def in_state(state: str) -> Q:
    now = timezone.now()
    return {
        "open": unanswered(now),
        "acknowledged": Q(closed_at=None, acknowledged_at__isnull=False),
        "snoozed": Q(closed_at=None, snoozed_until__gt=now),
        "closed": Q(closed_at__isnull=False),
        "every": Q(),
    }[state]


def query_of(request: HttpRequest) -> str:
    """The filters of the list's address that say something."""
    named = ((name, request.GET.get(name, "")) for name in ("q", "kind", "state"))
    return urlencode([(name, value) for name, value in named if value])


def matching(query: str) -> Rows:
    """What the list with these filters shows, on all its pages.

    Raises InvalidInput ``filter.unusable`` rather than showing all of them.
    """
    found = ReminderFilter(QueryDict(query), Reminder.objects.all())
    if not found.is_valid():
        raise InvalidInput(
            "The filters of this list cannot be used. Set them again.", code="filter.unusable"
        )
    return found.qs
