"""The list of servers, and the history of one."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from pki.dashboard.columns import NOTHING, ConditionColumn, DayColumn, LeftColumn
from pki.dashboard.servers.wording import usage_badge
from pki.models import Certificate, ProbeState, Server
from pki.x509.names import unicode_name


class ServerTable(tables.Table):
    fqdn = tables.Column("Server", linkify=True)
    state = ConditionColumn(accessor="certificate", order_by="certificate__not_after")
    usage = tables.Column("In use", accessor="usage", empty_values=(), orderable=False)
    left = LeftColumn(accessor="certificate", order_by="certificate__not_after")
    expires = DayColumn(accessor="certificate__not_after", verbose_name="Expires")
    names = tables.Column("Also known as", accessor="additional_names", orderable=False)

    class Meta:
        model = Server
        fields = ()
        sequence = ("fqdn", "state", "usage", "left", "expires", "names")
        order_by = "fqdn"

    def render_fqdn(self, value: str) -> str:
        return unicode_name(value)

    def render_usage(self, value: ProbeState | None) -> SafeString:
        return usage_badge(value) if value else NOTHING

    def render_names(self, value: list[str]) -> SafeString | str:
        shown = format_html_join(", ", "{}", ((name,) for name in value[:2]))
        return format_html("{} and {} more", shown, len(value) - 2) if len(value) > 2 else shown


class HistoryTable(tables.Table):
    """Every certificate a server has had, the newest first."""

    issued = DayColumn(accessor="created_at", verbose_name="Issued")
    serial_number = tables.Column("Serial number", orderable=False, linkify=True)
    state = ConditionColumn(accessor="pk", orderable=False)
    expires = DayColumn(accessor="not_after", verbose_name="Expires")
    source = tables.Column("Origin", accessor="get_source_display", orderable=False)
    compare = tables.Column("", accessor="replaces_id", orderable=False)

    class Meta:
        model = Certificate
        fields = ()
        sequence = ("serial_number", "state", "issued", "expires", "source", "compare")

    def render_state(self, record: Certificate, column: Any) -> SafeString:
        return column.render(record)

    def render_serial_number(self, value: str) -> SafeString:
        return format_html('<span class="mono">{}…</span>', value[:16])

    def render_compare(self, record: Certificate) -> SafeString:
        return format_html(
            '<a href="{}compare/">Compare with the one before</a>', record.get_absolute_url()
        )
