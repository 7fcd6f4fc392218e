"""Reading the audit trail, on a page or as a file."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from pki.actions.audit_note import newest_seal
from pki.dashboard.audit.filters import AuditFilter
from pki.dashboard.audit.tables import AuditTable
from pki.dashboard.audit.wording import plain
from pki.dashboard.paging import show_page
from pki.models import AuditEvent, AuditVerification

COLUMNS = ("at", "event", "actor", "door", "address", "object_type", "object_label", "detail")
#: Spreadsheets take a cell that begins with one of these for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def audit_list(request: HttpRequest) -> HttpResponse:
    found = AuditFilter(request.GET, AuditEvent.objects.order_by("-id"))
    table = AuditTable(found.qs)
    show_page(table, request, per_page=50)
    return render(
        request,
        "audit/list.html",
        {
            "table": table,
            "filter": found,
            "query": request.GET.urlencode(),
            "verification": AuditVerification.objects.first(),
            "seal": newest_seal(),
        },
    )


def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Every event of the filter, the oldest first, sent as it is read."""
    found = AuditFilter(request.GET, AuditEvent.objects.order_by("id"))
    response = StreamingHttpResponse(lines(found.qs), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="certiflow-audit.csv"'
    return response


class Echo:
    """What a CSV writer writes to: it gives every line back."""

    def write(self, text: str) -> str:
        return text


def lines(events: QuerySet[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for event in events.iterator(chunk_size=2000):
        yield writer.writerow(cells(event))


def cells(event: AuditEvent) -> Iterable[str]:
    values: dict[str, Any] = {name: getattr(event, name) for name in COLUMNS}
    values["at"] = event.at.isoformat(timespec="seconds")
    values["detail"] = plain(event.detail)
    return [harmless(str(value or "")) for value in values.values()]


def harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text
