"""The rows of the audit trail."""

from datetime import datetime

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.actions.audit import EVENTS
from pki.dashboard.audit.wording import address_of, details, short_label
from pki.dashboard.templatetags import dashboard
from pki.models import AuditEvent


class AuditTable(tables.Table):
    at = tables.Column("When")
    event = tables.Column("What", orderable=False)
    object_label = tables.Column("To what", orderable=False, empty_values=())
    actor = tables.Column("Who", orderable=False)
    address = tables.Column("From", orderable=False)
    detail = tables.Column("Details", orderable=False)

    class Meta:
        model = AuditEvent
        fields = ()
        sequence = ("at", "event", "object_label", "actor", "address", "detail")

    def render_at(self, value: datetime) -> SafeString:
        return dashboard.moment(value)

    def render_event(self, value: str) -> str:
        return EVENTS.get(value, value)

    def render_object_label(self, record: AuditEvent) -> SafeString | str:
        url = address_of(record)
        if not url:
            return record.object_label
        return format_html('<a href="{}">{}</a>', url, short_label(record.object_label))

    def render_actor(self, record: AuditEvent) -> SafeString:
        return format_html('{} <span class="quiet">{}</span>', record.actor, record.door)

    def render_detail(self, record: AuditEvent) -> SafeString:
        return details(record.detail)
