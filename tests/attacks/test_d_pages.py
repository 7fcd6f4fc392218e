"""Addresses that nobody would type cost little and end in no traceback."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

import pki.dashboard
from pki.actions.actor import SYSTEM
from pki.actions.audit import record
from pki.dashboard.paging import MOST_ROWS
from pki.models import Authority
from tests.attacks.sites import AGENT_SITE, DASHBOARD, PUBLIC_SITE, SITES, Sites

LISTS = (
    "/audit/",
    "/authorities/",
    "/certificates/",
    "/reminders/",
    "/servers/",
    "/settings/deliveries/",
    "/settings/recipients/",
    "/settings/users/",
    "/tasks/",
    "/tokens/",
    "/workstations/",
)
WRONG = ("0", "-1", "1.5", "many", "9" * 5000, "१", "%00", "", "1e9", "+5")


@pytest.fixture
def visitor(as_administrator: Client, authority: Authority) -> Client:
    """An administrator of what is set up."""
    return as_administrator


def rows(client: Client, address: str) -> int:
    return client.get(address).content.count(b"<tr") - 1


@pytest.mark.parametrize("size", ["100000", "201", "999999999999999999999"])
def test_no_page_has_more_rows_than_the_most(visitor: Client, size: str) -> None:
    for _ in range(MOST_ROWS + 50):
        record(SYSTEM, "vault.rekeyed")
    assert rows(visitor, f"/audit/?per_page={size}") <= MOST_ROWS
    assert rows(visitor, "/audit/?per_page=100000") == MOST_ROWS
    assert rows(visitor, "/audit/?per_page=60") == 60


@pytest.mark.parametrize("address", LISTS)
def test_wrong_numbers_are_as_if_they_were_not_there(visitor: Client, address: str) -> None:
    expected = visitor.get(address)
    assert expected.status_code == 200
    for value in WRONG:
        for name in ("per_page", "page", "sort"):
            assert visitor.get(f"{address}?{name}={value}").status_code == 200, (
                name,
                value,
            )


def test_every_list_is_tried() -> None:
    """Each view that shows a page of a table; some of them inside another page."""
    sources = [path.read_text() for path in Path(pki.dashboard.__file__).parent.rglob("*.py")]
    found = sum(len(re.findall(r"^ +show_page\(", source, re.MULTILINE)) for source in sources)
    assert found == len(LISTS) + len(("a delivery's notices", "a server's history", "rollover"))
    assert not any("RequestConfig" in source for source in sources)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    running = Sites(tmp_path_factory.mktemp("pages"))
    yield running
    running.product.stop()


PATHS = (
    "/nothing",
    "/pki/nothing.crl",
    "/pki/3e5ee0c1-65d1-4a2d-9f6d-1a3cf4f0f7a0.cer",
    "/%ff%fe",
    "/%00",
    "/../../etc/passwd",
    "//example.org//",
    "/ocsp/%E0%A4%A",
    "/ocsp/%C3%A9",
    "/ocsp/a%00b",
    "/" + "a" * 3000,
    "/?a=%ff&a=1;b",
    "http://example.org/nothing",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND")


@pytest.mark.started
@pytest.mark.parametrize("site", SITES)
def test_every_address_and_method_has_an_answer(sites: Sites, site: str) -> None:
    for path in PATHS:
        for method in METHODS:
            answer = sites.get(site, path, method=method)
            status = answer[9:12]
            assert status.isdigit(), (method, path, answer[:100])
            assert not status.startswith(b"5"), (method, path, answer[:100])
            if method == "HEAD":
                assert answer.endswith(b"\r\n\r\n")
    assert "Traceback" not in sites.product.log.read_text()


@pytest.mark.started
@pytest.mark.parametrize("site", [AGENT_SITE, PUBLIC_SITE])
@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_address_is_not_found(sites: Sites, site: str, method: str) -> None:
    assert sites.get(site, "/nothing", method=method).startswith(b"HTTP/1.1 404 ")


@pytest.mark.started
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PROPFIND"])
def test_a_method_that_an_address_does_not_have_is_named(
    sites: Sites, site: str, method: str
) -> None:
    answer = sites.get(site, "/healthz", method=method)
    expected = b"403" if site == DASHBOARD else b"405"
    assert answer[9:12] in {expected, b"405"}


@pytest.mark.started
@pytest.mark.parametrize("site", SITES)
def test_a_host_that_is_none_is_a_bad_request(sites: Sites, site: str) -> None:
    answer = sites.ask(site, b"GET /nothing HTTP/1.1\r\nHost: a b/\r\nConnection: close\r\n\r\n")
    assert answer[9:12] in {b"400", b"404"}


UNREADABLE = {
    "a host that is none": (b"GET /nothing", b"Host: a b"),
    "a large body to it": (b"POST /", b"Host: a b\r\nContent-Length: 9999999"),
    "a form of no page": (b"POST /theme/", b"Host: a\r\nContent-Length: 0"),
    "no request": (b"non sense " + b"a" * 3000, b"Host: a"),
    "a header with a space": (b"GET /", b"Host: a\r\nX " + b"a" * 3000 + b": b"),
    "a chunk without a size": (b"POST /ocsp/", b"Transfer-Encoding: chunked\r\n\r\nxyz"),
}


@pytest.mark.started
@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_nobody_can_read_is_not_worth_a_line_each(sites: Sites, site: str, kind: str) -> None:
    start, headers = UNREADABLE[kind]
    before = sites.product.log.stat().st_size
    for _ in range(3):
        answer = sites.ask(
            site, start + b" HTTP/1.1\r\nConnection: close\r\n" + headers + b"\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 4")
    assert sites.product.log.read_bytes()[before:] == b""
