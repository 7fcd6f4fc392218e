"""One HTTP request as its bytes arrive, in memory, until all of it is there."""

import io
import re
from typing import Any

from gunicorn.http import RequestParser
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import LimitRequestHeaders, NoMoreData
from gunicorn.http.unreader import Unreader

#: Bytes of request line and headers; the certificate in a proxy's header takes some thousands.
HEAD_LIMIT = 64 * 1024
#: Bytes of the line before a chunk, with its extensions; more than the parser takes.
CHUNK_LINE_LIMIT = 8192
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")

END_OF_HEAD = b"\r\n\r\n"


class Arrived(Unreader):
    """What gunicorn's parser reads from: never a socket, so that it never waits."""

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002
        return b""


class Incoming:
    """The requests of one connection, one after the other.

    gunicorn's parser decides what the bytes mean; here is only decided when enough of them are
    there to be parsed without waiting.
    """

    def __init__(self, config: Any, client: Any, body_limit: int) -> None:
        self.parser = RequestParser(config, [], client)
        self.parser.unreader = Arrived()
        self.body_limit = body_limit
        self.received = bytearray()
        self._begin()

    def _begin(self) -> None:
        self._request: Any = None
        self._failure: Exception | None = None
        self._searched = 0
        self._length = 0
        self._chunks: Chunks | None = None
        #: The body is more than is taken, and none of it is read.
        self.is_refused = False
        #: The client waits for “100 Continue” before it sends the body.
        self.awaits_continue = False

    @property
    def is_idle(self) -> bool:
        return self._request is None and not self.received

    @property
    def is_in_body(self) -> bool:
        return self._request is not None

    def is_complete(self) -> bool:
        """Whether ``take`` has something to return or to raise."""
        if self._request is None and self._failure is None:
            self._read_head()
        if self._request is not None and self._failure is None:
            return self.is_refused or self._has_body()
        return self._failure is not None

    def take(self) -> Any:
        """The request, with its body in memory. Raises what the parser said of a wrong one."""
        request, failure, refused = self._request, self._failure, self.is_refused
        self._begin()
        self.is_refused = refused
        if failure is not None:
            raise failure
        return request

    def _read_head(self) -> None:
        end = self.received.find(END_OF_HEAD, max(0, self._searched - len(END_OF_HEAD)))
        if end > HEAD_LIMIT or (end < 0 and len(self.received) > HEAD_LIMIT):
            self._failure = LimitRequestHeaders("the headers are too large")
            return
        if end < 0:
            self._searched = len(self.received)
            return
        self.parser.unreader.unread(self._cut(end + len(END_OF_HEAD)))
        try:
            self._request = next(self.parser)
        except StopIteration:
            self._failure = NoMoreData()
        except Exception as error:
            self._failure = error
        else:
            self._frame_body()

    def _frame_body(self) -> None:
        reader = self._request.body.reader
        if isinstance(reader, LengthReader):
            self._length = reader.length
            if self._length > self.body_limit:
                self._refuse()
        elif isinstance(reader, ChunkedReader):
            self._chunks = Chunks()
        if self._request._expected_100_continue:
            self._request._expected_100_continue = False
            self.awaits_continue = not self.is_refused and not self._has_body()

    def _refuse(self) -> None:
        self.is_refused = True
        self._request.body = io.BytesIO()
        self._request.force_close()

    def _has_body(self) -> bool:
        if self._chunks is not None:
            return self._has_chunked_body(self._chunks)
        if len(self.received) < self._length:
            return False
        self._request.body = io.BytesIO(self._cut(self._length))
        self._length = 0
        return True

    def _has_chunked_body(self, chunks: "Chunks") -> bool:
        if not chunks.have_ended(self.received):
            if max(chunks.position, len(self.received)) > self.body_limit:
                # The application refuses what announces more than the limit.
                self._request.headers.append(("CONTENT-LENGTH", str(self.body_limit + 1)))
                self._refuse()
            return self.is_refused
        self.parser.unreader.unread(self._cut(chunks.position))
        self._chunks = None
        try:
            self._request.body = io.BytesIO(self._request.body.read())
        except Exception as error:
            self._failure = error
        if self.parser.unreader.take_buffered():
            # The parser saw the end elsewhere: what follows is not to be trusted.
            self._request.force_close()
        return True

    def _cut(self, length: int) -> bytes:
        data = bytes(self.received[:length])
        del self.received[:length]
        return data


class Chunks:
    """Where the end of a chunked body is (RFC 9112, section 7.1); the parser checks the rest."""

    def __init__(self) -> None:
        #: Where the next chunk's line begins; after the last chunk the end of the body.
        self.position = 0
        self._trailer_at = -1

    def have_ended(self, data: bytearray) -> bool:
        while self._trailer_at < 0:
            if len(data) <= self.position:
                return False
            end = data.find(b"\r\n", self.position, self.position + CHUNK_LINE_LIMIT)
            if end < 0:
                return self._is_wrong(data, len(data) - self.position >= CHUNK_LINE_LIMIT)
            size, _, _ = data[self.position : end].partition(b";")
            if not CHUNK_SIZE.fullmatch(size.rstrip(b" \t")):
                return self._is_wrong(data, True)
            if int(size, 16) == 0:
                self._trailer_at = end
            else:
                self.position = end + 2 + int(size, 16) + 2
        end = data.find(END_OF_HEAD, self._trailer_at)
        if end < 0:
            return self._is_wrong(data, len(data) - self._trailer_at > HEAD_LIMIT)
        self.position = end + len(END_OF_HEAD)
        return True

    def _is_wrong(self, data: bytearray, wrong: bool) -> bool:
        """Ends a body that cannot be one, so that the parser says what is wrong with it."""
        if wrong:
            self.position = len(data)
        return wrong
