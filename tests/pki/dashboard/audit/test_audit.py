"""The trail can be read, narrowed and taken away as a file."""

import csv
import io

from django.test import Client

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.models import AuditEvent, Certificate, Server


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


def rows(answer: object) -> list[dict[str, str]]:
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(content)))


def test_an_event_says_who_did_what_to_what_when_and_from_where(
    as_operator: Client, server: Server
) -> None:
    as_operator.post(f"/servers/{server.pk}/edit/", {"additional_names": "x.example.com"})
    page = text(as_operator.get("/audit/?event=server.changed"))
    assert "Server changed" in page
    assert "operator" in page
    assert "127.0.0.1" in page
    assert server.get_absolute_url() in page
    assert page.count("<tr") == 2  # the header and one event


def test_filters_narrow_the_list_and_the_file(as_viewer: Client, issued: Certificate) -> None:
    everything = rows(as_viewer.get("/audit/csv/"))
    assert len(everything) == AuditEvent.objects.count()
    narrowed = rows(as_viewer.get("/audit/csv/?event=certificate.issued&q=cm1"))
    assert [row["event"] for row in narrowed] == ["certificate.issued"]
    assert issued.serial_number in narrowed[0]["object_label"]
    assert rows(as_viewer.get("/audit/csv/?until=2020-01-01")) == []
    assert rows(as_viewer.get("/audit/csv/?actor=nobody")) == []


def test_a_cell_never_is_a_formula(as_viewer: Client, server: Server) -> None:
    record(Actor(name='=HYPERLINK("http://x")', door="command"), "vault.rekeyed")
    last = rows(as_viewer.get("/audit/csv/"))[-1]
    assert last["actor"].startswith("'=")


def test_wrong_filters_change_nothing(as_viewer: Client, issued: Certificate) -> None:
    assert as_viewer.get("/audit/?since=yesterday&event=nonsense").status_code == 200
