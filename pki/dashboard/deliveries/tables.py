"""The list of messages, and the notices of one."""

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.dashboard.deliveries.wording import last_words, state_badge
from pki.dashboard.templatetags import dashboard
from pki.models import Delivery, Notice


class DeliveryTable(tables.Table):
    created = tables.Column("Made", accessor="created_at", orderable=False)
    sort = tables.Column("Message", linkify=True, orderable=False)
    label = tables.Column("To", orderable=False)
    state = tables.Column("State", orderable=False)
    outcome = tables.Column("What came of it", accessor="pk", orderable=False)

    class Meta:
        model = Delivery
        fields = ()

    def render_created(self, record: Delivery) -> SafeString:
        return dashboard.moment(record.created_at)

    def render_state(self, record: Delivery) -> SafeString:
        return state_badge(record)

    def render_outcome(self, record: Delivery) -> SafeString:
        return format_html("{}", last_words(record)[:120] or "–")


class NoticeTable(tables.Table):
    text = tables.Column("What it says", orderable=False)
    about = tables.Column("About", accessor="reminder__label", orderable=False)

    class Meta:
        model = Notice
        fields = ()

    def render_about(self, record: Notice) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', record.reminder.get_absolute_url(), record.reminder.label
        )
