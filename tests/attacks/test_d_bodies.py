"""A body larger than the limit is refused before anything parses or stores it."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.sites import AGENT_SITE, DASHBOARD, SITES, Sites, head, rest

pytestmark = pytest.mark.started

MEGABYTE = 1024 * 1024
HUGE = 150 * MEGABYTE
FORM = "Content-Type: multipart/form-data; boundary=x"
PATH = {DASHBOARD: "/accounts/login/", AGENT_SITE: "/agent/v1/register"}
FILE = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pfx"\r\n\r\n%b\r\n--x--\r\n'
)


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory, temporary: Path) -> Iterator[Sites]:
    running = Sites(tmp_path_factory.mktemp("bodies"), TMPDIR=str(temporary))
    yield running
    running.product.stop()


def post(site: str, *headers: str) -> bytes:
    return head("POST", PATH.get(site, "/ocsp/"), *headers)


def send_all_then_read(sites: Sites, site: str, request: bytes, length: int) -> bytes:
    """As simple clients do: the answer is looked at when everything was sent."""
    with sites.connect(site, 30) as client:
        client.sendall(request)
        for _ in range(length // MEGABYTE):
            client.sendall(b"a" * MEGABYTE)
        return rest(client)


def is_refused(site: str, answer: bytes) -> bool:
    start, _, body = answer.partition(b"\r\n\r\n")
    assert start.startswith(b"HTTP/1.1 413 "), answer[:300]
    assert b"Connection: close" in start
    if site == AGENT_SITE:
        assert b"application/problem+json" in start
        return bool(json.loads(body)["code"] == "body.too_large")
    return b"Nothing was changed" in body or b"Send less" in body


@pytest.mark.parametrize("site", SITES)
def test_413_arrives_at_a_client_that_sends_150_megabytes(
    sites: Sites, site: str, temporary: Path
) -> None:
    answer = send_all_then_read(sites, site, post(site, FORM, f"Content-Length: {HUGE}"), HUGE)
    assert is_refused(site, answer)
    assert list(temporary.rglob("*")) == []


@pytest.mark.parametrize("site", SITES)
def test_16_at_once_leave_no_file_and_the_site_answers(
    sites: Sites, site: str, temporary: Path
) -> None:
    answers: list[bytes] = []

    def upload() -> None:
        request = post(site, FORM, f"Content-Length: {HUGE}")
        answers.append(send_all_then_read(sites, site, request, 20 * MEGABYTE))

    threads = [threading.Thread(target=upload) for _ in range(16)]
    for thread in threads:
        thread.start()
    assert sites.get(site, "/healthz").endswith(b"ok\n")
    assert list(temporary.rglob("*")) == []
    for thread in threads:
        thread.join()
    assert len(answers) == 16
    assert all(is_refused(site, answer) for answer in answers)


@pytest.mark.parametrize("site", SITES)
def test_chunks_are_counted(sites: Sites, site: str) -> None:
    chunk = b"100000\r\n" + b"a" * MEGABYTE + b"\r\n"
    with sites.connect(site, 30) as client:
        client.sendall(post(site, FORM, "Transfer-Encoding: chunked"))
        for _ in range(20):
            client.sendall(chunk)
        assert is_refused(site, rest(client))


@pytest.mark.parametrize("site", SITES)
def test_a_body_in_chunks_of_a_byte_is_refused_unread(sites: Sites, site: str) -> None:
    tiny = b"1\r\nA\r\n" * 80_000 + b"0\r\n\r\n"
    assert is_refused(site, sites.ask(site, post(site, "Transfer-Encoding: chunked") + tiny))


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize(
    "length", ["9" * 30, "9" * 5000, "-1", "1e3", "0x10", "+5", "1, 2", "\xb2", ""]
)
def test_absurd_lengths_are_refused(sites: Sites, site: str, length: str) -> None:
    answer = sites.ask(site, post(site, FORM, f"Content-Length: {length}"))
    assert answer[:13] in {b"HTTP/1.1 413 ", b"HTTP/1.1 400 ", b"HTTP/1.1 431 "}


@pytest.mark.parametrize("site", SITES)
def test_a_client_that_asks_first_does_not_send_at_all(sites: Sites, site: str) -> None:
    answer = sites.ask(site, post(site, FORM, f"Content-Length: {HUGE}", "Expect: 100-continue"))
    assert is_refused(site, answer)


@pytest.mark.parametrize("site", SITES)
def test_one_that_asks_with_less_is_let_send(sites: Sites, site: str) -> None:
    with sites.connect(site) as client:
        client.sendall(post(site, FORM, "Content-Length: 5", "Expect: 100-continue"))
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"hello")
        assert rest(client).startswith(b"HTTP/1.1 4")


def test_what_is_under_the_limit_reaches_the_form(sites: Sites) -> None:
    """3 MB: the form is parsed, and refused for its missing token only."""
    body = FILE % (b"a" * 3 * MEGABYTE)
    answer = sites.ask(DASHBOARD, post(DASHBOARD, FORM, f"Content-Length: {len(body)}") + body)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"The form has to be sent again" in answer


def test_nor_is_an_agents_result_of_2_mib_too_large_for_the_site(sites: Sites) -> None:
    body = json.dumps({"log": "a" * (2 * MEGABYTE - 100)}).encode()
    request = head(
        "POST",
        "/agent/v1/tasks/3e5ee0c1-65d1-4a2d-9f6d-1a3cf4f0f7a0/result",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    assert sites.ask(AGENT_SITE, request + body).startswith(b"HTTP/1.1 401 ")


def test_the_limit_is_a_setting(tmp_path: Path) -> None:
    running = Sites(tmp_path, CERTIFLOW_MAX_BODY_BYTES=str(8 * MEGABYTE))
    try:
        for site, length, status in (
            (DASHBOARD, 6 * MEGABYTE, b"403"),
            (DASHBOARD, 9 * MEGABYTE, b"413"),
            (AGENT_SITE, 9 * MEGABYTE, b"413"),
        ):
            request = post(site, FORM, f"Content-Length: {length}")
            answer = send_all_then_read(running, site, request, length)
            assert answer.startswith(b"HTTP/1.1 " + status)
    finally:
        running.product.stop()


def test_a_wrong_limit_stops_the_start(sites: Sites) -> None:
    sites.product.environment["CERTIFLOW_MAX_BODY_BYTES"] = "4 MB"
    try:
        done = sites.product.command("check")
    finally:
        del sites.product.environment["CERTIFLOW_MAX_BODY_BYTES"]
    assert done.returncode == 1
    assert "CERTIFLOW_MAX_BODY_BYTES" in done.stderr
