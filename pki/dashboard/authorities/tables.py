"""The list of authorities."""

import django_tables2 as tables
from django.utils.safestring import SafeString

from pki.dashboard.authorities.wording import role_badge
from pki.dashboard.columns import ConditionColumn, DayColumn, LeftColumn
from pki.models import Authority


class AuthorityTable(tables.Table):
    common_name = tables.Column("Name", linkify=True)
    role = tables.Column("Role", accessor="pk", order_by=("-active", "retired_at"))
    state = ConditionColumn(accessor="certificate", order_by="certificate__not_after")
    expires = DayColumn(accessor="certificate__not_after", verbose_name="Expires")
    left = LeftColumn(accessor="certificate", order_by="certificate__not_after")
    key = tables.Column("Key", accessor="certificate__key_label", orderable=False)

    class Meta:
        model = Authority
        fields = ()
        sequence = ("common_name", "role", "state", "expires", "left", "key")
        order_by = "role"

    def render_role(self, record: Authority) -> SafeString:
        return role_badge(record)
