"""The list of reminders, and the page of one."""

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from pki.actions.reminder_policies import RULES
from pki.dashboard.paging import show_page
from pki.dashboard.reminders.filters import ReminderFilter, query_of
from pki.dashboard.reminders.forms import AcknowledgeForm
from pki.dashboard.reminders.tables import ReminderTable
from pki.dashboard.reminders.wording import condition_badge, step_in_words
from pki.models import Notice, Reminder, ReminderKind

#: Recipients of one notice that are named.
SHOWN = 20


def reminder_list(request: HttpRequest) -> HttpResponse:
    # What ends first; then what has no end, the newest first.
    rows = Reminder.objects.order_by(F("ends_at").asc(nulls_last=True), "-pk")
    found = ReminderFilter(request.GET, rows)
    table = ReminderTable(found.qs)
    show_page(table, request)
    return render(
        request,
        "reminders/list.html",
        {
            "table": table,
            "filter": found,
            "query": query_of(request),
            "form": AcknowledgeForm(),
            "any": bool(request.GET) or Reminder.objects.exists(),
        },
    )


def reminder_detail(request: HttpRequest, pk: int) -> HttpResponse:
    reminder = get_object_or_404(Reminder.objects.select_related("server"), pk=pk)
    return render(
        request,
        "reminders/detail.html",
        {
            "reminder": reminder,
            "badge": condition_badge(reminder),
            "condition": reminder.condition(timezone.now()),
            "explanation": RULES[ReminderKind(reminder.kind)].explanation,
            "notices": notices_of(reminder),
        },
    )


def notices_of(reminder: Reminder) -> list[dict[str, object]]:
    """The newest first, each with whom it was told to."""
    rows = Notice.objects.filter(reminder=reminder).prefetch_related(
        "tellings__channel", "tellings__delivery"
    )
    return [
        {
            "notice": notice,
            "step": step_in_words(notice.step),
            "tellings": list(notice.tellings.all())[:SHOWN],
            "more": max(0, len(notice.tellings.all()) - SHOWN),
        }
        for notice in rows
    ]
