"""One box finds everything that one may see."""

import pytest
from django.test import Client

from pki.models import Certificate, Server


def text(answer: object) -> str:
    return answer.content.decode().replace("&#x27;", "'")  # type: ignore[attr-defined]


@pytest.mark.parametrize("query", ["cm1", "CM1.EXAMPLE", "example.com"])
def test_a_server_is_found_by_part_of_its_name(
    as_viewer: Client, server: Server, query: str
) -> None:
    assert server.get_absolute_url() in text(as_viewer.get("/search/", {"q": query}))


def test_a_fingerprint_or_serial_in_any_writing_leads_straight_there(
    as_viewer: Client, issued: Certificate
) -> None:
    sha1 = issued.sha1.upper()
    for query in (
        issued.serial_number,
        f"00:{issued.serial_number.upper()}",
        ":".join(sha1[n : n + 2] for n in range(0, 40, 2)),
        " ".join(issued.sha256[n : n + 4] for n in range(0, 64, 4)),
    ):
        answer = as_viewer.get("/search/", {"q": query})
        assert answer.status_code == 302, query
        assert answer.url == issued.get_absolute_url()


def test_the_beginning_of_a_number_is_enough(as_viewer: Client, issued: Certificate) -> None:
    page = text(as_viewer.get("/search/", {"q": issued.serial_number[:8]}))
    assert issued.get_absolute_url() in page


def test_users_are_found_by_administrators_only(
    as_administrator: Client, as_viewer: Client, server: Server
) -> None:
    assert "/settings/users/" in text(as_administrator.get("/search/", {"q": "administr"}))
    assert "/settings/users/" not in text(as_viewer.get("/search/", {"q": "administr"}))


@pytest.mark.parametrize("query", ["", "nothing like this", "%", "x" * 5000, "\x00", "::"])
def test_what_finds_nothing_says_so(as_viewer: Client, server: Server, query: str) -> None:
    answer = as_viewer.get("/search/", {"q": query})
    assert answer.status_code == 200
