"""The list of certificates."""

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pki.dashboard.columns import ConditionColumn, DayColumn, LeftColumn
from pki.models import Certificate
from pki.x509.names import unicode_name
from pki.x509.profiles import PROFILES

PROFILE_LABELS = {
    "root": "Root",
    "issuing": "Issuing authority",
    "cross": "Cross",
    "server": "Server",
    "workstation": "Workstation",
    "ocsp-responder": "OCSP responder",
}


class CertificateTable(tables.Table):
    common_name = tables.Column("Name", linkify=True, empty_values=())
    profile = tables.Column("Kind", orderable=False)
    state = ConditionColumn(accessor="pk", orderable=False)
    left = LeftColumn(accessor="pk", orderable=False)
    not_after = DayColumn(verbose_name="Expires")
    serial_number = tables.Column("Serial number", orderable=False)

    class Meta:
        model = Certificate
        fields = ()
        sequence = ("common_name", "profile", "state", "left", "not_after", "serial_number")

    def render_common_name(self, record: Certificate) -> str:
        return unicode_name(record.common_name) or record.subject

    def render_profile(self, value: str) -> str:
        return PROFILE_LABELS.get(value, value) if value in PROFILES else value

    def render_state(self, record: Certificate, column: ConditionColumn) -> SafeString:
        return column.render(record)

    def render_left(self, record: Certificate, column: LeftColumn) -> SafeString | str:
        return column.render(record)

    def render_serial_number(self, value: str) -> SafeString:
        return format_html('<span class="mono">{}…</span>', value[:16])
