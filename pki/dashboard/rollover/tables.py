"""The list of servers on their way to the successor."""

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.dashboard.columns import NOTHING
from pki.dashboard.servers.wording import usage_badge
from pki.dashboard.templatetags.dashboard import badge, day
from pki.models import ProbeState, Server


class RolloverServerTable(tables.Table):
    selected = tables.Column("Select", accessor="pk", orderable=False)
    fqdn = tables.Column("Server", linkify=True)
    issuer = tables.Column(
        "Signed by", accessor="certificate__authority", empty_values=(), orderable=False
    )
    usage = tables.Column("In use", accessor="usage", empty_values=(), orderable=False)
    trust = tables.Column("Trust", accessor="confirmed_at", empty_values=(), orderable=False)
    problem = tables.Column("In the way", empty_values=(), orderable=False)

    class Meta:
        model = Server
        fields = ()
        sequence = ("selected", "fqdn", "issuer", "usage", "trust", "problem")
        order_by = "fqdn"

    def render_selected(self, record: Server) -> SafeString:
        return format_html(
            '<input class="form-check-input" type="checkbox" name="selected" value="{}" '
            'aria-label="Select {}">',
            record.pk,
            record.fqdn,
        )

    def render_issuer(self, record: Any) -> SafeString:
        authority = record.certificate.authority
        if authority is None:
            return badge("Another authority")
        if record.lacks_certificate:
            return badge(str(authority), "soon", "clock")
        return badge(str(authority), "good", "circle-check")

    def render_usage(self, record: Any, value: ProbeState | None) -> SafeString:
        if record.installed_at is not None and value != ProbeState.IN_USE:
            by = format_html("by {} on {}", record.installed_by, day(record.installed_at))
            said = badge("Said to be in use", "good", "circle-check")
            return format_html('{} <span class="quiet small">{}</span>', said, by)
        if not record.probed:
            return badge("Nobody looks")
        return usage_badge(value) if value else NOTHING

    def render_trust(self, record: Any, value: datetime | None) -> SafeString:
        if record.fqdn == settings.HOST:
            return badge("This host, by itself", "good", "circle-check")
        if value is None:
            return badge("Not confirmed", "soon", "clock")
        by = format_html("by {} on {}", record.confirmed_by, day(value))
        return format_html(
            '{} <span class="quiet small">{}</span>', badge("Confirmed", "good", "circle-check"), by
        )

    def render_problem(self, value: str | None) -> SafeString | str:
        return value or NOTHING
