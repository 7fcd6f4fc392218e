"""A request in pieces: complete when all of it is there, and never later."""

from collections.abc import Callable
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    InvalidChunkExtension,
    InvalidChunkSize,
    InvalidHeader,
    InvalidHeaderName,
    InvalidRequestLine,
    LimitRequestHeaders,
)
from gunicorn.http.unreader import Unreader

from certiflow_admin.incoming import HEAD_LIMIT, Incoming

LIMIT = 1000
HEAD = b"POST /ocsp/ HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def incoming() -> Incoming:
    return Incoming(Config(), ("127.0.0.1", 1), LIMIT)


def with_length(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


REQUESTS = {
    "without a body": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
    "with a length": (with_length(b"hello\r\n\r\nyou"), b"hello\r\n\r\nyou"),
    "in chunks": (CHUNKED + b"3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n", b"hello"),
    "with trailers": (CHUNKED + b"05\r\nhello\r\n0\r\nX-A: b\r\nX-B: c\r\n\r\n", b"hello"),
    "of an empty body": (CHUNKED + b"0\r\n\r\n", b""),
}


@pytest.mark.parametrize(("request_bytes", "body"), REQUESTS.values(), ids=list(REQUESTS))
def test_it_is_complete_with_its_last_byte(
    incoming: Incoming, request_bytes: bytes, body: bytes
) -> None:
    for byte in request_bytes:
        assert not incoming.is_complete()
        incoming.received.append(byte)
    assert incoming.is_complete()
    assert incoming.take().body.read() == body
    assert incoming.is_idle


def test_what_follows_is_the_next_request(incoming: Incoming) -> None:
    for request_bytes, _ in REQUESTS.values():
        incoming.received += request_bytes
    for _, body in REQUESTS.values():
        assert incoming.is_complete()
        assert incoming.take().body.read() == body
    assert not incoming.is_complete()


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: 1001\r\n\r\n",
        HEAD + b"Content-Length: 999999999999999999999999\r\n\r\n",
        CHUNKED + b"3E9\r\n",
        CHUNKED + b"FFFFFFFFFFFFFFFF\r\n",
        CHUNKED + b"1\r\na\r\n" * 200,
    ],
    ids=["a byte more", "absurd", "one chunk", "an absurd chunk", "many chunks"],
)
def test_too_much_is_refused_before_it_is_read(incoming: Incoming, request_bytes: bytes) -> None:
    incoming.received += request_bytes
    assert incoming.is_complete()
    request = incoming.take()
    assert incoming.is_refused
    assert request.body.read() == b""
    assert request.should_close()
    assert int(dict(request.headers)["CONTENT-LENGTH"]) > LIMIT


@pytest.mark.parametrize(
    ("request_bytes", "error"),
    [
        (HEAD + b"Content-Length: -1\r\n\r\n", InvalidHeader),
        (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", InvalidHeader),
        (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", InvalidHeader),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", InvalidHeader),
        (CHUNKED + b"-1\r\n", InvalidChunkSize),
        (CHUNKED + b"0x1\r\na\r\n", InvalidChunkSize),
        (CHUNKED + b"1" * 9000, InvalidChunkSize),
        (CHUNKED + b"\r\n", InvalidChunkSize),
        (CHUNKED + b"1 \r\na\r\n0\r\n\r\n", InvalidChunkSize),
        (CHUNKED + b"1; \r\na\r\n0\r\n\r\n", InvalidChunkExtension),
        (CHUNKED + b"1;a\rb\r\na\r\n0\r\n\r\n", InvalidChunkExtension),
        (CHUNKED + b"0;a\nb\r\n\r\n", InvalidChunkExtension),
        (CHUNKED + b"1\r\nab\r\n0\r\n\r\n", ChunkMissingTerminator),
        (CHUNKED + b"1\r\na\n0\r\n\r\n", ChunkMissingTerminator),
        (CHUNKED + b"0\r\nX A: b\r\n\r\n", InvalidHeaderName),
        (CHUNKED + b"0\r\n" + b"X: a\r\n" * 12000, LimitRequestHeaders),
        (b"nonsense\r\n\r\n", InvalidRequestLine),
        (b"GET / HTTP/1.1\r\n" + b"a" * (HEAD_LIMIT + 1), LimitRequestHeaders),
    ],
)
def test_a_wrong_one_is_what_the_parser_calls_it(
    incoming: Incoming, request_bytes: bytes, error: type[Exception]
) -> None:
    incoming.received += request_bytes
    assert incoming.is_complete()
    with pytest.raises(error):
        incoming.take()


@pytest.mark.parametrize("announce", [with_length, lambda _: CHUNKED])
def test_a_client_is_asked_to_continue_only_for_what_is_taken(
    incoming: Incoming, announce: Callable[[bytes], bytes]
) -> None:
    head = announce(b"").partition(b"\r\n\r\n")[0].replace(b"Length: 0", b"Length: 5")
    incoming.received += head + b"\r\nExpect: 100-continue\r\n\r\n"
    assert not incoming.is_complete()
    assert incoming.awaits_continue


def test_and_not_for_what_is_too_large(incoming: Incoming) -> None:
    incoming.received += HEAD + b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n"
    assert incoming.is_complete()
    assert not incoming.awaits_continue


SMALL_CHUNK = b"1\r\nA\r\n"


@pytest.mark.parametrize("piece", [700, 64 * 1024], ids=["piece by piece", "at once"])
def test_every_byte_of_a_chunked_body_is_looked_at_about_once(
    monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """What the parser is given, which copies it: with every chunk the rest, it was the square."""
    given: list[int] = []
    parse, unread = ChunkedReader.parse_chunk_size, Unreader.unread

    def parsing(self: ChunkedReader, source: Unreader, data: bytes | None = None) -> Any:
        given.append(len(data or b""))
        return parse(self, source, data)

    def putting_back(self: Unreader, data: bytes) -> None:
        given.append(len(data))
        unread(self, data)

    monkeypatch.setattr(ChunkedReader, "parse_chunk_size", parsing)
    monkeypatch.setattr(Unreader, "unread", putting_back)
    for chunk in (SMALL_CHUNK, b"1;a=b\r\nA\r\n"):
        incoming, body = Incoming(Config(), ("127.0.0.1", 1), 1024 * 1024), chunk * 5000
        given.clear()
        receive(incoming, CHUNKED + body + b"0\r\n\r\n", piece)
        assert incoming.take().body.read() == b"A" * 5000
        assert sum(given) < 2 * len(body)


def receive(incoming: Incoming, sent: bytes, piece: int) -> None:
    """As a connection does, which asks again whenever more has arrived."""
    for start in range(0, len(sent), piece):
        if incoming.is_complete():
            return
        incoming.received += sent[start : start + piece]
    assert incoming.is_complete()


def test_a_body_that_is_mostly_framing_is_refused() -> None:
    incoming = Incoming(Config(), ("127.0.0.1", 1), 1024 * 1024)
    receive(incoming, CHUNKED + SMALL_CHUNK * 20000 + b"0\r\n\r\n", 64 * 1024)
    assert incoming.take().body.read() == b""
    assert incoming.is_refused


def test_what_was_decoded_counts_as_memory(incoming: Incoming) -> None:
    incoming.received += CHUNKED + b"5\r\nhello\r\n5\r\nhe"
    assert not incoming.is_complete()
    assert incoming.held == len(b"hellohe")
