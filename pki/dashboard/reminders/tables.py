"""The list of reminders."""

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.dashboard.columns import NOTHING
from pki.dashboard.reminders.wording import condition_badge, step_in_words
from pki.dashboard.templatetags import dashboard
from pki.models import Reminder


class ReminderTable(tables.Table):
    label = tables.Column("Subject", linkify=True, orderable=False)
    kind = tables.Column("Kind", accessor="get_kind_display", orderable=False)
    state = tables.Column("State", accessor="pk", orderable=False)
    when = tables.Column("When", accessor="pk", orderable=False)
    told = tables.Column("Told last", accessor="step", empty_values=(), orderable=False)
    reason = tables.Column("Who, why", empty_values=(), orderable=False)

    class Meta:
        model = Reminder
        fields = ()

    def render_state(self, record: Reminder) -> SafeString:
        return condition_badge(record)

    def render_when(self, record: Reminder) -> SafeString:
        if record.ends_at is not None:
            word = "ends" if record.ends_at > timezone.now() else "ended"
            return format_html("{} {}", word, dashboard.day(record.ends_at))
        return format_html("since {}", dashboard.day(record.since or record.opened_at))

    def render_told(self, value: str) -> SafeString | str:
        return step_in_words(value) if value else NOTHING

    def render_reason(self, record: Reminder) -> SafeString:
        who = record.acknowledged_by or record.snoozed_by
        if not who:
            return NOTHING
        until = (
            format_html(", until {}", dashboard.day(record.snoozed_until))
            if record.snoozed_until
            else ""
        )
        return format_html("{}{}: {}", who, until, record.reason)
