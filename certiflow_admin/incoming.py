"""One HTTP request as its bytes arrive, in memory, until all of it is there."""

import io
import re
from typing import Any

from gunicorn.http import RequestParser
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import (
    ChunkMissingTerminator,
    InvalidChunkSize,
    LimitRequestHeaders,
    NoMoreData,
)
from gunicorn.http.unreader import Unreader

#: Bytes of request line and headers; the certificate in a proxy's header takes some thousands.
HEAD_LIMIT = 64 * 1024
#: Bytes of the line before a chunk, with its extensions; more than the parser takes.
CHUNK_LINE_LIMIT = 8192
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
#: Of a chunked body, what is not its content may be this many bytes, and one of so many: every
#: chunk costs time, however small it is.
FRAMING_LIMIT = 64 * 1024
FRAMING_SHARE = 16

END_OF_LINE = b"\r\n"
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
    def held(self) -> int:
        """Bytes of an unfinished request that are in memory."""
        return len(self.received) + (len(self._chunks.content) if self._chunks else 0)

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
            self._chunks = Chunks(reader, self.parser.unreader)
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
        try:
            chunks.take_from(self.received)
        except Exception as error:
            self._failure = error
            return True
        waiting = 0 if chunks.have_ended else len(self.received)
        if chunks.has_too_little_in_it or chunks.length(waiting) > self.body_limit:
            # The application refuses what announces more than the limit.
            self._request.headers.append(("CONTENT-LENGTH", str(self.body_limit + 1)))
            self._refuse()
            return True
        if not chunks.have_ended:
            return False
        self._request.body = io.BytesIO(chunks.content)
        self._chunks = None
        return True

    def _cut(self, length: int) -> bytes:
        data = bytes(self.received[:length])
        del self.received[:length]
        return data


class Chunks:
    """A chunked body (RFC 9112, section 7.1), decoded as it arrives, each byte once.

    gunicorn's reader copies all that follows for every chunk, and a body of 480 kB in chunks of a
    byte takes it half a minute. Here it judges single lines and the trailers only.
    """

    def __init__(self, reader: ChunkedReader, unreader: Unreader) -> None:
        self.content = bytearray()
        self.have_ended = False
        self._reader, self._unreader = reader, unreader
        #: Bytes that were taken, framing and content.
        self._taken = 0
        #: Of the chunk whose line was taken; 0 of the last one.
        self._size: int | None = None
        self._last_line = b""

    @property
    def has_too_little_in_it(self) -> bool:
        framing = self._taken - len(self.content)
        return framing > FRAMING_LIMIT + len(self.content) // FRAMING_SHARE

    def length(self, waiting: int) -> int:
        """Bytes of the body as far as it is known, of which some wait to be taken."""
        return self._taken + max(waiting, self._size or 0)

    def take_from(self, data: bytearray) -> None:
        """Takes what is whole. Raises what the parser says of what is wrong."""
        position = 0
        while not (self.have_ended or self.has_too_little_in_it):
            if self._size is None:
                taken = self._take_line(data, position)
            elif self._size:
                taken = self._take_content(data, position, self._size)
            else:
                taken = self._take_trailers(data, position)
            if not taken:
                break
            position += taken
            self._taken += taken
        del data[:position]

    def _take_line(self, data: bytearray, start: int) -> int:
        end = data.find(END_OF_LINE, start, start + CHUNK_LINE_LIMIT)
        if end < 0:
            if len(data) - start >= CHUNK_LINE_LIMIT:
                raise InvalidChunkSize(b"the line before a chunk is too long")
            return 0
        line = bytes(data[start:end])
        self._size, self._last_line = self._size_in(line), line
        return end + len(END_OF_LINE) - start

    def _size_in(self, line: bytes) -> int:
        if CHUNK_SIZE.fullmatch(line):
            return int(line, 16)
        size, extension, _ = line.partition(b";")
        size = size.rstrip(b" \t")
        if extension and CHUNK_SIZE.fullmatch(size) and int(size, 16) == 0:
            return 0  # The parser sees this line together with the trailers.
        return int(self._reader.parse_chunk_size(self._unreader, line + END_OF_LINE)[0])

    def _take_content(self, data: bytearray, start: int, size: int) -> int:
        end = start + size
        if len(data) < end + len(END_OF_LINE):
            return 0
        after = bytes(data[end : end + len(END_OF_LINE)])
        if after != END_OF_LINE:
            raise ChunkMissingTerminator(after)
        self.content += data[start:end]
        self._size = None
        return size + len(END_OF_LINE)

    def _take_trailers(self, data: bytearray, start: int) -> int:
        if data.startswith(END_OF_LINE, start):
            end = start + len(END_OF_LINE)
        else:
            found = data.find(END_OF_HEAD, start, start + HEAD_LIMIT)
            if found < 0:
                if len(data) - start >= HEAD_LIMIT:
                    raise LimitRequestHeaders("the trailers are too large")
                return 0
            end = found + len(END_OF_HEAD)
        whole = self._last_line + END_OF_LINE + data[start:end]
        self._reader.parse_chunk_size(self._unreader, whole)
        if self._unreader.take_buffered():
            raise ChunkMissingTerminator(b"")  # The parser saw the end elsewhere.
        self.have_ended = True
        return end - start
