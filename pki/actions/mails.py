"""What a mail says, as text and as HTML, and the headers that tell what kind of mail it is."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from pki.actions.audit_note import newest_seal
from pki.actions.summaries import absolute, summary
from pki.models import Delivery, DeliverySort, Notice


def reminders_mail(delivery: Delivery, notices: list[Notice], now: datetime) -> "Mail":
    told = summary(notices, now)
    context = {
        "summary": told,
        "urgent": delivery.sort == DeliverySort.URGENT,
        "reminders_url": absolute("/reminders/"),
        # Out of the reach of whoever writes the database (docs/audit.md).
        "seal": newest_seal() if delivery.sort == DeliverySort.DIGEST else None,
    }
    return mail(delivery, told.headline, "reminders", context)


def trial_mail(delivery: Delivery) -> "Mail":
    return mail(delivery, f"Test message from {settings.HOST}", "trial", {})


Mail = EmailMultiAlternatives


def mail(delivery: Delivery, subject: str, template: str, context: dict[str, object]) -> Mail:
    shared = {
        **context,
        "subject": subject,
        "host": settings.HOST,
        "dashboard_url": absolute("/"),
        "recipients_url": absolute("/settings/recipients/"),
    }
    message = Mail(
        subject=subject,
        body=render_to_string(f"mail/{template}.txt", shared),
        to=[delivery.address],
        headers={
            # The same at every attempt: who gets it twice sees one.
            "Message-ID": f"<{delivery.pk}@{settings.HOST}>",
            # No answer by a machine, please (RFC 3834).
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", shared), "text/html")
    return message
