"""The list of users."""

from datetime import datetime

import django_tables2 as tables
from django.utils.safestring import SafeString

from pki.dashboard.templatetags import dashboard
from pki.models import User


class UserTable(tables.Table):
    username = tables.Column("Name", linkify=("settings-user", {"pk": tables.A("pk")}))
    email = tables.Column("E-mail address", default="–", orderable=False)
    role = tables.Column("Role", accessor="get_role_display", order_by="role")
    is_active = tables.Column("May sign in")
    has_second_factor = tables.Column("Second factor")
    last_login = tables.Column("Last signed in", empty_values=())

    class Meta:
        model = User
        fields = ()
        sequence = ("username", "email", "role", "is_active", "has_second_factor", "last_login")

    def render_is_active(self, value: bool) -> SafeString:
        return (
            dashboard.badge("Yes", "good", "circle-check")
            if value
            else dashboard.badge("Closed", "quiet", "lock")
        )

    def render_has_second_factor(self, value: bool) -> SafeString:
        return (
            dashboard.badge("Yes", "good", "circle-check")
            if value
            else dashboard.badge("None", "soon", "alert-triangle")
        )

    def render_last_login(self, value: datetime | None) -> SafeString:
        return dashboard.moment(value, "never")
