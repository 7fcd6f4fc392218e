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
from pki.models import Authority, Certificate, Server
from pki.x509.keys import KeySpec
from tests.pki.dashboard.overview.fleets import fleet


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


def test_an_empty_installation_is_told_to_add_a_server(
    as_administrator: Client, authority: Authority
) -> None:
    page = text(as_administrator.get("/"))
    assert "Add the first server" in page
    assert "No workstation yet" in page
    assert "No server to look at yet" in page
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


@pytest.mark.parametrize(
    ("ages", "sentence"),
    [
        ({"ends": -1}, "1 workstation has an expired certificate"),
        ({"ends": 10}, "1 workstation has a certificate that expires within 30 days"),
        ({"ends": 10, "number": 3}, "3 workstations have a certificate that expires"),
    ],
)
def test_workstations_that_did_not_renew_in_time_need_a_hand(
    as_viewer: Client, authority: Authority, ages: dict[str, int], sentence: str
) -> None:
    fleet(authority, **ages)
    assert sentence in text(as_viewer.get("/"))


def queries(client: Client, address: str) -> int:
    # The first visit also asks whether anything was set up.
    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_many_servers_take_as_many_queries_as_few(as_viewer: Client, server: Server) -> None:
    def add(count: int, start: int) -> None:
        for n in range(start, start + count):
            added = add_server(f"s{n}.example.com", actor=SYSTEM)
            issue_for_server(added, actor=SYSTEM, key_spec=KeySpec.parse("ec-p256"))

    add(2, 0)
    few = queries(as_viewer, "/")
    add(12, 2)
    assert queries(as_viewer, "/") <= few


@pytest.mark.parametrize("address", ["/", "/workstations/", "/workstations/?certificate=due"])
def test_many_workstations_take_as_many_queries_as_few(
    as_operator: Client, authority: Authority, address: str
) -> None:
    fleet(authority, number=3, ends=100)
    few = queries(as_operator, address)
    fleet(authority, number=297, ends=90)
    assert queries(as_operator, address) == few
    assert few < 50
