"""The list of enrollment tokens."""

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.dashboard.columns import NOTHING, DayColumn
from pki.dashboard.templatetags import dashboard
from pki.models import EnrollmentToken

CONDITIONS = {
    "valid": ("Valid", "good", "circle-check"),
    "used": ("Used up", "quiet", "circle-minus"),
    "expired": ("Expired", "quiet", "clock"),
    "withdrawn": ("Withdrawn", "bad", "ban"),
}


class TokenTable(tables.Table):
    name = tables.Column("Name", orderable=False)
    prefix = tables.Column("Begins with", orderable=False)
    condition = tables.Column("State", accessor="pk", orderable=False)
    uses = tables.Column("Used", orderable=False)
    automatic = tables.Column("Approval", orderable=False)
    name_pattern = tables.Column("Only for", orderable=False)
    expires = DayColumn(accessor="expires_at", verbose_name="Expires", orderable=False)
    created_by = tables.Column("Made by", orderable=False)
    withdraw = tables.Column("", accessor="pk", orderable=False)

    class Meta:
        model = EnrollmentToken
        fields = ()

    def render_prefix(self, value: str) -> SafeString:
        return format_html('<span class="mono">{}…</span>', value)

    def render_condition(self, record: EnrollmentToken) -> SafeString:
        return dashboard.badge(*CONDITIONS[record.condition(timezone.now())])

    def render_uses(self, record: EnrollmentToken) -> str:
        return f"{record.uses:,} of {record.uses_allowed:,}"

    def render_automatic(self, value: bool) -> str:
        return "Automatic" if value else "By a person"

    def render_withdraw(self, record: EnrollmentToken) -> SafeString:
        if record.condition(timezone.now()) != "valid":
            return NOTHING
        return format_html(
            '<a href="{}">Withdraw<span class="visually-hidden"> {}</span></a>',
            reverse("token-withdraw", args=[record.pk]),
            record.name,
        )
