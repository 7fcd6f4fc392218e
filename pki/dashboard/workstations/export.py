"""The list of workstations as a file for spreadsheets."""

import csv
from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from pki.dashboard.workstations.filters import matching, query_of
from pki.models import Workstation

COLUMNS = (
    "id",
    "name",
    "state",
    "identifier",
    "computer name",
    "system",
    "agent version",
    "address",
    "last seen",
    "registered",
    "certificate expires",
    "certificate",
    "certificate renewed",
    "tags",
    "comment",
)
#: What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Line:
    """What the csv module writes to; hands each line on."""

    def write(self, text: str) -> str:
        return text


def workstation_export(request: HttpRequest) -> StreamingHttpResponse:
    rows = matching(query_of(request)).defer("inventory").prefetch_related("tags")
    response = StreamingHttpResponse(lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="workstations.csv"'
    return response


def lines(rows: QuerySet[Workstation]) -> Iterator[str]:
    writer = csv.writer(Line())
    # Excel takes a file without this mark for one in the local eight-bit letters.
    yield "\ufeff" + str(writer.writerow(COLUMNS))
    for row in rows.iterator(chunk_size=2_000):
        yield str(writer.writerow(harmless(str(value)) for value in values(row)))


def values(row: Workstation) -> tuple[object, ...]:
    return (
        row.pk,
        row.name,
        row.state,
        row.agent_id,
        row.hostname,
        row.os,
        row.agent_version,
        row.address or "",
        moment(row.last_seen_at),
        moment(row.registered_at),
        moment(row.expires_at),
        row.standing(timezone.now()).value,
        moment(row.renewed_at),
        ", ".join(tag.name for tag in row.tags.all()),
        row.comment,
    )


def moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


def harmless(text: str) -> str:
    """Agents choose their names: none of them may run in a spreadsheet."""
    return f"'{text}" if text.startswith(FORMULA) else text
