"""One client's connection: handshake, request and answer, none of which a thread waits for."""

import contextlib
import errno
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from enum import IntEnum
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import TConn

from certiflow_admin.incoming import Incoming

#: Seconds for the TLS handshake and a request's headers together, and for the first of a body.
HEAD_WITHIN = 10.0
#: Seconds for the beginning of an answer to be taken.
ANSWER_WITHIN = 30.0
#: Seconds that a thread waits for the second half of a handshake.
NEXT_DOOR = 0.005
#: Bytes a second that a body has to arrive with, and an answer to be taken with, on average.
SLOWEST = 16 * 1024
#: Bytes of an answer that are kept for a slow reader while its thread goes on.
KEPT_FOR_READER = 1024 * 1024
#: Bytes of an answer that are sent together.
SENT_TOGETHER = 64 * 1024
#: Bytes of a request below which its memory is not counted.
NOT_COUNTED = 64 * 1024
RECEIVED_AT_A_TIME = 64 * 1024

PLAIN_HTTP_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n"
    b"This port speaks HTTPS only. Put https:// before the address.\n"
)
NO_MEMORY_ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 10\r\n"
    b"Content-Type: text/plain\r\n\r\nToo many large requests wait here. Try again later.\n"
)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Phase(IntEnum):
    """What a connection waits for; the first ones are closed first when there are too many."""

    ENDING = 0
    IDLE = 1
    HEAD = 2
    BODY = 3
    ANSWER = 4
    #: A thread works on it.
    SERVED = 5


class Ended(Exception):
    """The connection is over, and there is nothing to be said about it."""


class Answering:
    """A socket that keeps what the client does not take at once."""

    unsent: bytearray
    #: Seconds for which threads may still wait until the client takes some of this answer.
    patience: float
    send: Callable[..., int]
    fileno: Callable[[], int]

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ARG002
        self.unsent += data
        if len(self.unsent) < SENT_TOGETHER or self.flush():
            return
        self.patience += len(data) / SLOWEST
        writable = select.poll()
        writable.register(self, select.POLLOUT)
        while len(self.unsent) > KEPT_FOR_READER and not self.flush():
            began = time.monotonic()
            writable.poll(max(0.0, self.patience) * 1000)
            self.patience -= time.monotonic() - began
            if self.patience <= 0:
                raise ConnectionResetError(errno.ECONNRESET, "The client takes no answer.")

    def flush(self) -> bool:
        """Sends what the client takes now; whether that was all."""
        while self.unsent:
            try:
                with memoryview(self.unsent)[:SENT_TOGETHER] as part:
                    sent = self.send(part)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                return False
            del self.unsent[:sent]
        return True


class PlainSocket(Answering, socket.socket):
    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())
        self.unsent, self.patience = bytearray(), ANSWER_WITHIN


class TlsSocket(Answering, ssl.SSLSocket):
    @classmethod
    def _create(cls, *args: Any, **options: Any) -> "TlsSocket":
        created = super()._create(*args, **options)  # type: ignore[misc]
        created.unsent, created.patience = bytearray(), ANSWER_WITHIN
        return created


class Connection(TConn):
    """gunicorn's, whose socket never blocks."""

    def __init__(self, config: Any, accepted: socket.socket, client: Any, server: Any,
                 body_limit: int, memory: "Memory") -> None:  # fmt: skip
        super().__init__(config, accepted, client, server)
        self.incoming = Incoming(config, client, body_limit)
        self.phase = Phase.HEAD
        self.since = time.monotonic()
        #: Seconds left in this phase, counted while the client is waited for.
        self.seconds_left = HEAD_WITHIN
        #: In the poller, so that it may be closed for another one.
        self.is_waiting = False
        self.waits_for = EVENT_READ
        #: Whether another request may follow the answer that is being sent.
        self.keeps = False
        self._has_tls = False
        self._memory = memory
        self._counted = 0
        self.sock: Any = accepted
        if not config.is_ssl:
            self.sock = PlainSocket(accepted)
            self.sock.setblocking(False)

    def receive(self) -> bool:
        """Reads what has arrived; whether a whole request has. Raises Ended, OSError."""
        self.waits_for = EVENT_READ
        try:
            if self.cfg.is_ssl and not self._has_tls:
                self._shake_hands()
            while not self.incoming.is_complete():
                if self.incoming.awaits_continue:
                    self.incoming.awaits_continue = False
                    self.sock.send(CONTINUE)
                data = self.sock.recv(RECEIVED_AT_A_TIME)
                if not data:
                    raise Ended
                self.incoming.received += data
                self._note_progress(len(data))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except ssl.SSLWantWriteError:
            self.waits_for = EVENT_WRITE
            return False
        return True

    def _shake_hands(self) -> None:
        if not isinstance(self.sock, ssl.SSLSocket):
            first = self.sock.recv(1, socket.MSG_PEEK)
            # A method's first letter; a TLS handshake begins with 0x16 (RFC 8446, section 5.1).
            if first.isalpha():
                self.sock.send(PLAIN_HTTP_ANSWER)
            if not first or first.isalpha():
                raise Ended
            self.sock = ssl_wrap_socket(self.sock, self.cfg)
            with contextlib.suppress(ssl.SSLWantReadError):
                self.sock.do_handshake()
            # Once for each connection: in the same building the client's answer is here by then,
            # and another round through the loop is saved.
            self._wait_for_data(NEXT_DOOR)
        self.sock.do_handshake()
        self._has_tls = True

    def _wait_for_data(self, seconds: float) -> None:
        readable = select.poll()
        readable.register(self.sock, select.POLLIN)
        readable.poll(seconds * 1000)

    def _note_progress(self, length: int) -> None:
        if self.phase is Phase.IDLE:
            self.begin(Phase.HEAD, HEAD_WITHIN)
        if self.incoming.is_in_body:
            if self.phase is not Phase.BODY:
                self.begin(Phase.BODY, HEAD_WITHIN)
            self.seconds_left += length / SLOWEST
        if self.incoming.held > NOT_COUNTED and not self._count():
            self.sock.send(NO_MEMORY_ANSWER)
            raise Ended

    def _count(self) -> bool:
        held = self.incoming.held
        added, self._counted = held - self._counted, held
        return self._memory.takes(added)

    def begin(self, phase: Phase, seconds: float) -> None:
        self.phase, self.seconds_left = phase, seconds

    def answered(self) -> None:
        """Another request may follow."""
        self._forget_memory()
        self.since = time.monotonic()
        self.sock.patience = ANSWER_WITHIN
        if self.incoming.is_idle:
            self.begin(Phase.IDLE, float(self.cfg.keepalive))
        else:
            self.begin(Phase.HEAD, HEAD_WITHIN)

    def has_more(self) -> bool:
        """Bytes that came with the last request and no longer make the socket readable."""
        return bool(self.incoming.received) or (self._has_tls and bool(self.sock.pending()))

    def close(self, graceful: bool = False) -> None:  # noqa: ARG002
        self._forget_memory()
        super().close()

    def _forget_memory(self) -> None:
        if self._counted:
            self._memory.takes(-self._counted)
            self._counted = 0


class Memory:
    """Bytes of large requests that wait in this process until they are whole."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    def takes(self, added: int) -> bool:
        """Whether there is room for so many more, which count in any case."""
        with self._lock:
            self._taken += added
            return self._taken <= self._limit
