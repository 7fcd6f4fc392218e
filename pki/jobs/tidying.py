"""Records that nobody needs any more."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pki.actions.known_addresses import forget_old_addresses
from pki.counter_cache import CounterCache
from pki.jobs.kind import Kind
from pki.models import BulkChange, Delivery, DeliveryState, Reminder

#: An order is carried out within seconds, or by the next one.
KEEP_RESULTS = timedelta(days=1)
#: A change that was looked at and not started.
KEEP_PREVIEWS = timedelta(days=7)
#: Settled reminders and ended messages: longer than the longest certificate of a server lives,
#: since a matter that comes back goes on with what it had told.
KEEP_TOLD = timedelta(days=900)


def work() -> str:
    now = timezone.now()
    sessions, _ = Session.objects.filter(expire_date__lt=now).delete()
    # Also those that a killed worker never finished.
    old = DBTaskResult.objects.filter(enqueued_at__lt=now - KEEP_RESULTS)
    results, _ = old.delete()
    previews, _ = BulkChange.objects.filter(
        started_at=None, created_at__lt=now - KEEP_PREVIEWS, undone_by=None
    ).delete()
    told = old_reminders_and_messages(now)
    forget_old_addresses(now)
    remove_old_counters()
    return f"{sessions:,} sessions, {results:,} job orders, {previews:,} previews, {told} removed"


def remove_old_counters() -> None:
    for alias in caches:
        cache = caches[alias]
        if isinstance(cache, CounterCache):
            cache.remove_expired()


def old_reminders_and_messages(now: datetime) -> str:
    over = [DeliveryState.SENT, DeliveryState.FAILED]
    messages = Delivery.objects.filter(state__in=over, created_at__lt=now - KEEP_TOLD)
    reminders = Reminder.objects.filter(closed_at__lt=now - KEEP_TOLD)
    counts = [rows.count() for rows in (messages, reminders)]
    messages.delete()
    reminders.delete()
    return f"{counts[0]:,} messages, {counts[1]:,} reminders"


KIND = Kind(
    "tidying",
    "Tidying up",
    "Removes ended sessions, orders of past jobs, previews that nobody started, and old messages.",
    timedelta(hours=6),
    work,
)
