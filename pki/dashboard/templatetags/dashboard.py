"""Small pieces of every page: icons, times, fingerprints, the state of a certificate."""

from datetime import UTC, datetime, timedelta

from django import template
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from pki.models import Certificate

register = template.Library()

SPRITE = "vendor/tabler-icons-3.51.0/sprite.svg"

#: What a certificate's condition is called, its colour and its icon: never colour alone.
CONDITIONS = {
    "valid": ("Valid", "good", "circle-check"),
    "expiring": ("Expires soon", "soon", "clock"),
    "expired": ("Expired", "bad", "circle-x"),
    "revoked": ("Revoked", "bad", "ban"),
    "future": ("Not valid yet", "quiet", "hourglass"),
    "prepared": ("Being issued", "quiet", "circle-dashed"),
    "abandoned": ("Abandoned", "quiet", "circle-minus"),
}


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """An icon that adds nothing to the text beside it; screen readers pass over it."""
    return format_html(
        '<svg class="icon {}" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" '
        'aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        css_class,
        static(SPRITE),
        name,
    )


@register.simple_tag
def moment(value: datetime | None, missing: str = "–") -> SafeString:
    """A point in time to the minute, in the reader's zone; to the second in UTC on hover."""
    return in_words(value, "j M Y, H:i", missing)


@register.simple_tag
def day(value: datetime | None, missing: str = "–") -> SafeString:
    """A date, in the reader's zone; to the second in UTC on hover."""
    return in_words(value, "j M Y", missing)


def in_words(value: datetime | str | None, pattern: str, missing: str) -> SafeString:
    # A template gives an empty text for what is beyond something that is None.
    if not isinstance(value, datetime):
        return format_html('<span class="quiet">{}</span>', missing)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        dateformat.format(timezone.localtime(value), pattern),
    )


@register.simple_tag
def days_left(certificate: Certificate) -> str:
    """How long it still holds, or since when it does not, in the largest unit that says enough."""
    return distance(certificate.time_left(timezone.now()))


def distance(left: timedelta) -> str:
    hours = abs(left) // timedelta(hours=1)
    if hours < 48:
        amount = f"{hours} hours" if hours != 1 else "1 hour"
    else:
        days = hours // 24
        amount = f"{days} days" if days < 730 else f"{days // 365} years"
    return f"{amount} left" if left >= timedelta(0) else f"{amount} ago"


@register.simple_tag
def condition_badge(certificate: Certificate) -> SafeString:
    return badge(*CONDITIONS[certificate.condition(timezone.now())])


@register.simple_tag
def badge(text: str, tone: str = "quiet", icon_name: str = "") -> SafeString:
    """``tone`` is good, soon, bad, quiet or accent."""
    image = icon(icon_name) if icon_name else ""
    return format_html('<span class="state state-{}">{}{}</span>', tone, image, text)


@register.simple_tag
def fingerprint(value: str, label: str = "fingerprint") -> SafeString:
    """Upper-case hexadecimal in groups of four to read, without spaces to copy."""
    text = value.upper()
    groups = [text[start : start + 4] for start in range(0, len(text), 4)]
    return format_html(
        '<span class="fingerprint"><code>{}</code>{}</span>',
        format_html_join("", "<span>{}</span>", ((group,) for group in groups)),
        copy_button(text, label),
    )


@register.simple_tag
def copy_button(text: str, label: str = "") -> SafeString:
    """Puts ``text`` on the clipboard; shown only where scripts run."""
    name = f"Copy {label}".strip()
    return format_html(
        '<button type="button" class="copy" data-copy="{}" aria-label="{}" title="{}" hidden>'
        "{}</button>",
        text,
        name,
        name,
        icon("copy"),
    )


@register.simple_tag
def copy_from(element_id: str, label: str = "Copy") -> SafeString:
    """A labelled button that copies the text of the element with this id."""
    return format_html(
        '<button type="button" class="btn btn-sm copy-from" data-copy-from="{}" hidden>{}'
        "<span>{}</span></button>",
        element_id,
        icon("copy"),
        label,
    )
