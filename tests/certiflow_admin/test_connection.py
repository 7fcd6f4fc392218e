"""A connection takes what is there, and waits neither for more nor for a reader."""

import socket
import ssl
from collections.abc import Iterator

import pytest
from gunicorn.config import Config

from certiflow_admin.connection import (
    KEPT_FOR_READER,
    NOT_COUNTED,
    Connection,
    Ended,
    Memory,
    Phase,
)

LIMIT = 4 * 1024 * 1024
ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


class PlainConfig(Config):
    is_ssl = False


class TlsConfig(Config):
    is_ssl = True


def connected(config: Config, memory: int = LIMIT) -> tuple[Connection, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    return Connection(config, ours, ("127.0.0.1", 1), "", LIMIT, Memory(memory)), theirs


@pytest.fixture
def plain() -> Iterator[tuple[Connection, socket.socket]]:
    connection, client = connected(PlainConfig())
    with client:
        yield connection, client
        connection.close()


def test_it_waits_for_nothing(plain: tuple[Connection, socket.socket]) -> None:
    connection, client = plain
    assert not connection.receive()
    client.sendall(ASK[:10])
    assert not connection.receive()
    client.sendall(ASK[10:])
    assert connection.receive()
    assert connection.incoming.take().path == "/"


def test_a_client_that_ends_is_let_go(plain: tuple[Connection, socket.socket]) -> None:
    connection, client = plain
    client.sendall(ASK[:10])
    client.shutdown(socket.SHUT_WR)
    with pytest.raises(Ended):
        connection.receive()


def test_only_a_body_that_arrives_earns_time(plain: tuple[Connection, socket.socket]) -> None:
    connection, client = plain
    before = connection.seconds_left
    client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\n")
    connection.receive()
    assert connection.seconds_left == before
    client.sendall(b"Content-Length: 500000\r\n\r\n")
    connection.receive()
    client.sendall(b"a" * 60_000)
    connection.receive()
    assert connection.phase is Phase.BODY
    assert connection.seconds_left > before + 3


def test_the_next_request_may_take_as_long_as_the_first(
    plain: tuple[Connection, socket.socket],
) -> None:
    connection, client = plain
    client.sendall(ASK)
    assert connection.receive()
    connection.incoming.take()
    connection.seconds_left = 1.0
    connection.answered()
    assert connection.phase is Phase.IDLE
    client.sendall(ASK[:5])
    assert not connection.receive()
    assert connection.phase is Phase.HEAD
    assert connection.seconds_left == 10


def test_an_answer_does_not_wait_for_its_reader(
    plain: tuple[Connection, socket.socket],
) -> None:
    connection, client = plain
    connection.sock.sendall(b"a" * KEPT_FOR_READER)
    assert not connection.sock.flush()
    got = bytearray()
    while len(got) < KEPT_FOR_READER:
        got += client.recv(65536)
        connection.sock.flush()
    assert connection.sock.flush()


def test_a_reader_of_much_is_waited_for_a_while_only(
    plain: tuple[Connection, socket.socket],
) -> None:
    connection, _ = plain
    connection.sock.patience = -(3 * KEPT_FOR_READER)
    with pytest.raises(ConnectionResetError):
        connection.sock.sendall(b"a" * 3 * KEPT_FOR_READER)


def test_large_requests_find_room_or_a_sentence() -> None:
    connection, client = connected(PlainConfig(), memory=2 * NOT_COUNTED)
    with client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n")
        for _ in range(2):
            client.sendall(b"a" * (NOT_COUNTED // 2))
            assert not connection.receive()
        client.sendall(b"a" * 2 * NOT_COUNTED)
        with pytest.raises(Ended):
            connection.receive()
        assert client.recv(1000).startswith(b"HTTP/1.1 503 ")
        connection.close()


def test_plain_http_on_a_port_for_tls_gets_a_sentence() -> None:
    connection, client = connected(TlsConfig())
    with client:
        client.sendall(ASK)
        with pytest.raises(Ended):
            connection.receive()
        assert b"Put https:// before the address." in client.recv(4096)
        connection.close()


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x00\x05hello", b"\x00", b""])
def test_nonsense_ends_the_connection_and_nothing_else(
    sent: bytes, monkeypatch: pytest.MonkeyPatch, tls_context: ssl.SSLContext
) -> None:
    monkeypatch.setattr("gunicorn.sock.ssl_context", lambda _: tls_context)
    connection, client = connected(TlsConfig())
    with client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        with pytest.raises((Ended, OSError)):
            connection.receive()
        connection.close()


@pytest.fixture
def tls_context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    from certiflow_admin.temporary_certificate import TemporaryCertificate
    from certiflow_admin.tls import context_of

    temporary = TemporaryCertificate(tmp_path_factory.mktemp("tls"))
    temporary.ensure("admin.example.test")
    return context_of(*temporary.read())
