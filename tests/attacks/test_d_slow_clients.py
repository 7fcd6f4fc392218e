"""Clients that send or take a byte a second hold nobody up."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.attacks.sites import (
    AGENT_SITE,
    DASHBOARD,
    PUBLIC_SITE,
    SITES,
    Sites,
    head,
    rest,
    trusting,
)

pytestmark = pytest.mark.started

MANY = 200
#: Seconds for an answer of /healthz: less than any slow client is waited for, and more than it
#: takes on a machine that is busy with other tests.
SOON = 3


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    running = Sites(tmp_path_factory.mktemp("slow"))
    yield running
    running.product.stop()


class SlowSenders:
    """Many connections, each of which sends its next byte every half second."""

    def __init__(self, connections: list[socket.socket], data: bytes) -> None:
        self.connections, self.data = connections, data
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def _send(self) -> None:
        for byte in self.data:
            for connection in self.connections:
                with contextlib.suppress(OSError):
                    connection.send(bytes([byte]))
            if self._over.wait(0.5):
                return

    def __enter__(self) -> "SlowSenders":
        self._thread.start()
        # So long they are in the way before anybody asks.
        self._over.wait(1.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for connection in self.connections:
            connection.close()


def client_hello() -> bytes:
    """What a client of TLS begins with."""
    outgoing = ssl.MemoryBIO()
    tls = trusting().wrap_bio(ssl.MemoryBIO(), outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def source(number: int, addresses: int) -> str:
    return f"127.0.1.{number % addresses + 1}"


def silent(sites: Sites, site: str, addresses: int) -> tuple[list[socket.socket], bytes]:
    return [sites.connect_plainly(site, 10, source(n, addresses)) for n in range(MANY)], b""


def in_the_handshake(sites: Sites, site: str, addresses: int) -> tuple[list[socket.socket], bytes]:
    return silent(sites, site, addresses)[0], client_hello()


def in_the_headers(sites: Sites, site: str, addresses: int) -> tuple[list[socket.socket], bytes]:
    connections = [sites.connect(site, 10, source(n, addresses)) for n in range(MANY)]
    return connections, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 500


def in_the_body(sites: Sites, site: str, addresses: int) -> tuple[list[socket.socket], bytes]:
    connections = [sites.connect(site, 10, source(n, addresses)) for n in range(MANY)]
    form = "Content-Type: application/x-www-form-urlencoded"
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.sendall(head("POST", "/accounts/login/", form, "Content-Length: 1000"))
    return connections, b"a" * 500


def in_the_chunks(sites: Sites, site: str, addresses: int) -> tuple[list[socket.socket], bytes]:
    connections = [sites.connect(site, 10, source(n, addresses)) for n in range(MANY)]
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.sendall(head("POST", "/ocsp/", "Transfer-Encoding: chunked"))
    return connections, b"1\r\na\r\n" * 100


Attack = Callable[[Sites, str, int], tuple[list[socket.socket], bytes]]
ATTACKS: list[tuple[str, Attack]] = [
    (site, attack)
    for site in SITES
    for attack in (silent, in_the_handshake, in_the_headers, in_the_body, in_the_chunks)
    if site != PUBLIC_SITE or attack is not in_the_handshake
]


def names(value: object) -> str:
    return value.replace(" ", "-") if isinstance(value, str) else getattr(value, "__name__", "")


@pytest.mark.parametrize(("site", "attack"), ATTACKS, ids=names)
def test_200_slow_senders_of_one_address_hold_nobody_up(
    sites: Sites, site: str, attack: Attack
) -> None:
    with SlowSenders(*attack(sites, site, 1)):
        for _ in range(3):
            assert sites.ask(site, head("GET", "/healthz"), SOON).endswith(b"ok\n")


@pytest.mark.parametrize(("site", "attack"), ATTACKS, ids=names)
def test_nor_do_slow_senders_of_many_addresses(sites: Sites, site: str, attack: Attack) -> None:
    with SlowSenders(*attack(sites, site, 100)):
        for _ in range(3):
            assert sites.ask(site, head("GET", "/healthz"), SOON).endswith(b"ok\n")


@pytest.mark.parametrize("site", SITES)
def test_not_even_for_their_neighbour_at_the_same_address(sites: Sites, site: str) -> None:
    connections = [sites.connect_plainly(site, 10) for _ in range(MANY)]
    with SlowSenders(connections, b"\x16" if site != PUBLIC_SITE else b"G"):
        assert sites.ask(site, head("GET", "/healthz"), SOON).endswith(b"ok\n")


@pytest.mark.parametrize("site", SITES)
def test_a_slow_request_is_cut_off(sites: Sites, site: str) -> None:
    with sites.connect(site, 20) as client:
        with SlowSenders([], b""):
            client.sendall(b"GET / HTTP/1.1\r\n")
        assert rest(client) == b""


@pytest.mark.parametrize("site", [DASHBOARD, AGENT_SITE])
def test_a_slow_handshake_is_cut_off(sites: Sites, site: str) -> None:
    with sites.connect_plainly(site, 20) as client:
        client.sendall(client_hello()[:50])
        assert rest(client) == b""


def test_those_who_take_an_answer_slowly_hold_nobody_up(sites: Sites) -> None:
    """Each asks for the largest file, and reads nothing of it."""
    large = max(Path(sites.product.directory, "var", "static").rglob("*.css"), key=size)
    path = f"/static/{large.relative_to(sites.product.directory / 'var' / 'static')}"
    connections = []
    for number in range(40):
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        plain.bind((source(number, 40), 0))
        plain.connect(("127.0.0.1", sites.ports[DASHBOARD]))
        plain.settimeout(10)
        connection = trusting().wrap_socket(plain)
        connection.sendall(head("GET", path))
        connections.append(connection)
    with SlowSenders(connections, b""):
        assert sites.ask(DASHBOARD, head("GET", "/healthz"), SOON).endswith(b"ok\n")


def size(path: Path) -> int:
    return path.stat().st_size


@pytest.mark.parametrize("site", SITES)
def test_requests_on_one_connection_are_answered_one_after_the_other(
    sites: Sites, site: str
) -> None:
    ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with sites.connect(site) as client:
        for _ in range(3):
            client.sendall(ask)
            assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
        time.sleep(0.2)
        client.sendall(ask[:20])
        time.sleep(0.2)
        client.sendall(ask[20:] + ask * 3 + head("GET", "/healthz"))
        assert rest(client).count(b"HTTP/1.1 200 OK") == 5
