"""What every page shows around its content: navigation, theme, messages' icons."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from pki.dashboard.theme import chosen_theme
from pki.models import Role, User


@dataclass(frozen=True)
class Place:
    """An entry of the navigation."""

    label: str
    url_name: str
    icon: str
    role: Role = Role.VIEWER

    @property
    def url(self) -> str:
        return reverse(self.url_name)

    def holds(self, path: str) -> bool:
        return path == self.url if self.url == "/" else path.startswith(self.url)


PLACES = (
    Place("Overview", "overview", "layout-dashboard"),
    Place("Servers", "server-list", "server-2"),
    Place("Certificates", "certificate-list", "certificate"),
    Place("Authorities", "authority-list", "building-bank"),
    Place("Workstations", "workstation-list", "device-desktop"),
    Place("Tasks", "task-list", "tool"),
    Place("Tokens", "token-list", "key"),
    Place("Reminders", "reminder-list", "bell"),
    Place("Jobs", "job-list", "clock"),
    Place("Audit", "audit-list", "history"),
    Place("Settings", "settings", "settings", Role.ADMINISTRATOR),
)


def dashboard(request: HttpRequest) -> dict[str, Any]:
    return {"navigation": navigation(request), "theme": chosen_theme(request)}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The places this person may go to, the current one marked."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return []
    return [
        {
            "label": place.label,
            "icon": place.icon,
            "url": place.url,
            "here": place.holds(request.path),
        }
        for place in PLACES
        if user.has_role(place.role) and exists(place)
    ]


def exists(place: Place) -> bool:
    try:
        return bool(place.url)
    except NoReverseMatch:
        return False
