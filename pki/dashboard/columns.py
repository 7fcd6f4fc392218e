"""Columns that several lists share."""

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString

from pki.dashboard.templatetags import dashboard
from pki.models import Certificate

NOTHING = SafeString('<span class="quiet">–</span>')


class ConditionColumn(tables.Column):
    """The state of a certificate as a badge; says so where there is no certificate."""

    empty_values = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(verbose_name="State", **kwargs)

    def render(self, value: Certificate | None) -> SafeString:
        if value is None:
            return dashboard.badge("No certificate", "soon", "alert-triangle")
        return dashboard.condition_badge(value)


class DayColumn(tables.Column):
    empty_values = ()

    def render(self, value: datetime | None) -> SafeString:
        return dashboard.day(value)


class LeftColumn(tables.Column):
    """How long a certificate still holds."""

    empty_values = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(verbose_name="Left", **kwargs)

    def render(self, value: Certificate | None) -> SafeString | str:
        if value is None or not value.was_issued:
            return NOTHING
        return dashboard.days_left(value)
