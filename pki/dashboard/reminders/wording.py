"""How a reminder's state and steps are shown."""

from django.utils import timezone
from django.utils.safestring import SafeString

from pki.dashboard.templatetags.dashboard import badge
from pki.models import Reminder

CONDITIONS = {
    "open": ("Open", "soon", "bell"),
    "escalated": ("Escalated", "bad", "urgent"),
    "acknowledged": ("Acknowledged", "accent", "check"),
    "snoozed": ("Put off", "quiet", "bell-off"),
    "closed": ("Settled", "good", "circle-check"),
}
WORDS = {
    "since": "when it began",
    "ready": "when it was ready",
    "escalated": "escalation",
    "closed": "settled",
}


def condition_badge(reminder: Reminder) -> SafeString:
    return badge(*CONDITIONS[reminder.condition(timezone.now())])


def step_in_words(step: str) -> str:
    if step.isdigit():
        days = int(step)
        if days == 0:
            return "at its end"
        return f"{days} day{'' if days == 1 else 's'} before"
    return WORDS.get(step, "after it was put off")
