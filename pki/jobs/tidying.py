"""Records that nobody needs any more."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pki.jobs.kind import Kind
from pki.models import BulkChange, Delivery, DeliveryState

#: An order is carried out within seconds, or by the next one.
KEEP_RESULTS = timedelta(days=1)
#: A change that was looked at and not started.
KEEP_PREVIEWS = timedelta(days=7)
#: Messages that arrived or were given up.
KEEP_MESSAGES = timedelta(days=400)


def work() -> str:
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    # Also those that a killed worker never finished.
    old = DBTaskResult.objects.filter(enqueued_at__lt=now - KEEP_RESULTS)
    results, _ = old.delete()
    previews, _ = BulkChange.objects.filter(
        started_at=None, created_at__lt=now - KEEP_PREVIEWS, undone_by=None
    ).delete()
    messages, _ = Delivery.objects.filter(
        created_at__lt=now - KEEP_MESSAGES, state__in=[DeliveryState.SENT, DeliveryState.FAILED]
    ).delete()
    return (
        f"{sessions:,} sessions, {results:,} job orders, {previews:,} previews, {messages:,} "
        "records of messages removed"
    )


KIND = Kind(
    "tidying",
    "Tidying up",
    "Removes ended sessions, orders of past jobs, previews nobody started, and old messages.",
    timedelta(hours=6),
    work,
)
