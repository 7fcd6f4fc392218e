"""The first page says what to do next, for three servers as for thousands."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.revocation import revoke
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.dashboard.overview.timeline import MONTHS, timeline
from pki.models import Authority, Certificate, Server
from pki.x509.keys import KeySpec


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


def test_an_empty_installation_is_told_to_add_a_server(
    as_administrator: Client, authority: Authority
) -> None:
    page = text(as_administrator.get("/"))
    assert "Add the first server" in page
    assert "This dashboard answers with a temporary certificate" in page


def test_a_server_without_a_certificate_needs_a_hand(
    as_administrator: Client, server: Server
) -> None:
    page = text(as_administrator.get("/"))
    assert "cm1.example.com has no certificate yet" in page
    assert f"/servers/{server.pk}/issue/" in page


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(10, "expires within 30 days"), (-1, "has an expired certificate")],
)
def test_a_certificate_that_ends_needs_a_hand(
    as_viewer: Client, server: Server, issued: Certificate, days: int, sentence: str
) -> None:
    Certificate.objects.filter(pk=issued.pk).update(not_after=timezone.now() + timedelta(days=days))
    assert sentence in text(as_viewer.get("/"))


def test_a_revoked_certificate_needs_a_hand(as_viewer: Client, issued: Certificate) -> None:
    revoke(issued, "keyCompromise", actor=SYSTEM)
    assert "has a revoked certificate" in text(as_viewer.get("/"))


def test_the_timeline_counts_each_certificate_in_use_in_its_month(issued: Certificate) -> None:
    now = timezone.now()
    months = timeline(now)
    assert len(months) == MONTHS
    ends = [month.start for month in months if month.count]
    assert [(start.year, start.month) for start in ends] == [
        (issued.not_after.year, issued.not_after.month)
    ]
    assert sum(month.count for month in months) == 1


def test_many_servers_take_as_many_queries_as_few(as_viewer: Client, server: Server) -> None:
    def add(count: int, start: int) -> None:
        for n in range(start, start + count):
            added = add_server(f"s{n}.example.com", actor=SYSTEM)
            issue_for_server(added, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))

    add(2, 0)
    with CaptureQueriesContext(connection) as few:
        as_viewer.get("/")
    add(12, 2)
    with CaptureQueriesContext(connection) as many:
        as_viewer.get("/")
    assert len(many) <= len(few)
