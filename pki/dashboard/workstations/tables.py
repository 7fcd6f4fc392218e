"""The list of workstations."""

import django_tables2 as tables
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from pki.dashboard.columns import NOTHING
from pki.dashboard.templatetags import dashboard
from pki.dashboard.workstations.wording import standing_badge, state_badge
from pki.models import Workstation


class WorkstationTable(tables.Table):
    selected = tables.Column("Select", accessor="pk", orderable=False)
    name = tables.Column("Name", linkify=True)
    state = tables.Column("State")
    hostname = tables.Column("Computer name")
    os = tables.Column("System")
    agent_version = tables.Column("Agent")
    address = tables.Column("Address", orderable=False)
    seen = tables.Column("Last seen", accessor="last_seen_at", empty_values=())
    expires = tables.Column("Certificate", accessor="pk", order_by="expires_at")
    tags = tables.Column("Tags", accessor="pk", orderable=False)

    class Meta:
        model = Workstation
        fields = ()
        sequence = (
            "selected",
            "name",
            "state",
            "hostname",
            "os",
            "agent_version",
            "address",
            "seen",
            "expires",
            "tags",
        )
        order_by = "name"

    def render_selected(self, record: Workstation) -> SafeString:
        return format_html(
            '<input class="form-check-input" type="checkbox" name="selected" value="{}" '
            'aria-label="Select {}">',
            record.pk,
            record.name,
        )

    def render_state(self, record: Workstation) -> SafeString:
        badge = state_badge(record.state)
        if record.state == "pending" and record.identifier_taken:
            taken = dashboard.badge("Identifier taken", "bad", "alert-triangle")
            return format_html("{} {}", badge, taken)
        if record.alternates_since:
            two = dashboard.badge("Two machines?", "bad", "alert-triangle")
            return format_html("{} {}", badge, two)
        return badge

    def render_seen(self, record: Workstation) -> SafeString:
        return dashboard.moment(record.last_seen_at, "never")

    def render_expires(self, record: Workstation) -> SafeString:
        badge = standing_badge(record)
        if not badge:
            return NOTHING
        return format_html(
            '<span>{}<br><span class="quiet small">until {}</span></span>',
            badge,
            dashboard.day(record.expires_at),
        )

    def render_tags(self, record: Workstation) -> SafeString:
        names = [tag.name for tag in record.tags.all()]
        return format_html_join(", ", "{}", ((name,) for name in names)) if names else NOTHING
