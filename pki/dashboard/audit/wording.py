"""An event's facts in words."""

import re
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

SERIAL = re.compile(r"\(([0-9a-f]{1,40})\)$")


def serial_of(label: str) -> str:
    """The serial number at the end of a certificate's label."""
    found = SERIAL.search(label)
    return found.group(1) if found else ""


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
