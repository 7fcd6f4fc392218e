"""Narrowing the list of messages."""

import django_filters

from pki.models import Delivery, DeliverySort, DeliveryState


class DeliveryFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(
        label="State", choices=DeliveryState.choices, empty_label="Any"
    )
    sort = django_filters.ChoiceFilter(
        label="Kind", choices=DeliverySort.choices, empty_label="Any"
    )
    q = django_filters.CharFilter(label="To", field_name="label", lookup_expr="icontains")

    class Meta:
        model = Delivery
        fields = ()
