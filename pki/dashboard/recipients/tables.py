"""The list of groups."""

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.models import RecipientGroup


class GroupTable(tables.Table):
    name = tables.Column("Name", linkify=True, orderable=False)
    addresses = tables.Column("Mail to", empty_values=(), orderable=False)
    channels = tables.Column("Webhooks and chats", accessor="channel_count", orderable=False)

    class Meta:
        model = RecipientGroup
        fields = ()

    def render_addresses(self, record: RecipientGroup) -> SafeString:
        number = len(record.addresses)
        own = f"{number:,} address{'es' if number != 1 else ''}" if number else ""
        parts = [part for part in (own, "every administrator" if record.administrators else "")
                 if part]  # fmt: skip
        return format_html("{}", " and ".join(parts) or "nobody")
