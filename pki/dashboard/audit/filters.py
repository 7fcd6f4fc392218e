"""Narrowing the audit trail."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from pki.actions.audit import EVENTS
from pki.models import AuditEvent


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"})


class AuditFilter(django_filters.FilterSet):
    event = django_filters.ChoiceFilter(
        label="What", choices=list(EVENTS.items()), empty_label="Anything"
    )
    actor = django_filters.CharFilter(label="Who", lookup_expr="exact")
    q = django_filters.CharFilter(label="To what", method="by_object")
    since = django_filters.DateFilter(
        label="From", field_name="at", lookup_expr="date__gte", widget=date_input()
    )
    until = django_filters.DateFilter(
        label="To", field_name="at", lookup_expr="date__lte", widget=date_input()
    )
    #: From the page of an object; not shown.
    object_type = django_filters.CharFilter(widget=forms.HiddenInput())
    object_id = django_filters.CharFilter(widget=forms.HiddenInput())

    class Meta:
        model = AuditEvent
        fields = ()

    def by_object(self, queryset: QuerySet[Any], _name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(object_label__icontains=value.strip())
