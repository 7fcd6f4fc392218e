"""An event in words, and where its object is."""

import re
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from pki.models import AuditEvent

SERIAL = re.compile(r"\(([0-9a-f]{1,40})\)$")


def serial_of(label: str) -> str:
    """The serial number at the end of a certificate's label."""
    found = SERIAL.search(label)
    return found.group(1) if found else ""


def short_label(label: str) -> str:
    """What an object is called, without the serial number of a certificate."""
    return SERIAL.sub("", label).strip()


def address_of(event: AuditEvent) -> str:
    """Where the object's page is: without a query, since a row must not cost one."""
    match event.object_type:
        case "server":
            return reverse("server-detail", args=[event.object_id])
        case "authority":
            return reverse("authority-detail", args=[event.object_id])
        case "certificate":
            serial = serial_of(event.object_label)
            return reverse("certificate-detail", args=[serial]) if serial else ""
        case "reminder":
            return reverse("reminder-detail", args=[event.object_id])
        case _:
            return ""


def plain(value: Any) -> str:
    """A fact as text: lists joined, yes and no in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(plain(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {plain(item)}" for name, item in value.items())
    return str(value)


def details(facts: dict[str, Any]) -> SafeString:
    """Opened on request; a dash where there is nothing to tell."""
    if not facts:
        return SafeString('<span class="quiet">–</span>')
    rows = format_html_join(
        "",
        "<dt>{}</dt><dd>{}</dd>",
        ((name.replace("_", " "), plain(value)) for name, value in facts.items()),
    )
    return format_html(
        '<details class="event-details"><summary>Show</summary><dl>{}</dl></details>', rows
    )
