"""The list of reminders."""

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.dashboard.columns import NOTHING, DayColumn
from pki.dashboard.reminders.wording import condition_badge, step_in_words
from pki.dashboard.templatetags import dashboard
from pki.models import Reminder


class ReminderTable(tables.Table):
    label = tables.Column("Subject", linkify=True, orderable=False)
    kind = tables.Column("Kind", accessor="get_kind_display", orderable=False)
    state = tables.Column("State", accessor="pk", orderable=False)
    ends = DayColumn(accessor="ends_at", verbose_name="Ends", orderable=False)
    since = DayColumn(accessor="since", verbose_name="Since", orderable=False)
    told = tables.Column("Told last", accessor="step", empty_values=(), orderable=False)
    reason = tables.Column("Who, why", orderable=False)

    class Meta:
        model = Reminder
        fields = ()

    def render_state(self, record: Reminder) -> SafeString:
        return condition_badge(record)

    def render_told(self, value: str) -> SafeString | str:
        return step_in_words(value) if value else NOTHING

    def render_reason(self, record: Reminder) -> SafeString:
        who = record.acknowledged_by or record.snoozed_by
        until = (
            format_html(", until {}", dashboard.day(record.snoozed_until))
            if record.snoozed_until
            else ""
        )
        return format_html("{}{}: {}", who, until, record.reason)
