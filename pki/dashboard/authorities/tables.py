"""The list of authorities."""

import django_tables2 as tables

from pki.dashboard.columns import ConditionColumn, DayColumn, LeftColumn
from pki.models import Authority


class AuthorityTable(tables.Table):
    common_name = tables.Column("Name", linkify=True)
    state = ConditionColumn(accessor="certificate", order_by="certificate__not_after")
    expires = DayColumn(accessor="certificate__not_after", verbose_name="Expires")
    left = LeftColumn(accessor="certificate", order_by="certificate__not_after")
    key = tables.Column("Key", accessor="certificate__key_label", orderable=False)

    class Meta:
        model = Authority
        fields = ()
        sequence = ("common_name", "state", "expires", "left", "key")
