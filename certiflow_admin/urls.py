"""The dashboard site: every noun brings its own addresses."""

from importlib.util import find_spec

from django.urls import include, path

from pki.dashboard.theme import set_theme

NOUNS = {
    "": "overview",
    "setup/": "setup",
    "authorities/rollover/": "rollover",
    "authorities/": "authorities",
    "servers/": "servers",
    "certificates/": "certificates",
    "workstations/": "workstations",
    "tasks/": "tasks",
    "tokens/": "tokens",
    "reminders/": "reminders",
    "jobs/": "jobs",
    "audit/": "audit",
    "calendar/": "calendar",
    "settings/recipients/": "recipients",
    "settings/deliveries/": "deliveries",
    "settings/": "settings",
    "search/": "search",
    "accounts/": "accounts",
}

urlpatterns = [
    path("theme/", set_theme, name="theme"),
    *(
        path(prefix, include(f"pki.dashboard.{noun}.urls"))
        for prefix, noun in NOUNS.items()
        if find_spec(f"pki.dashboard.{noun}") and find_spec(f"pki.dashboard.{noun}.urls")
    ),
]
if find_spec("pki.publication.urls"):
    urlpatterns.append(path("", include("pki.publication.urls")))

handler429 = "pki.dashboard.accounts.attempt_events.too_many"
