"""gunicorn's worker with threads, which slow clients do not occupy.

Why: docs/decisions/0024-slow-clients.md.
"""

import contextlib
import errno
import logging
import resource
import socket
import ssl
import time
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from django.conf import settings
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from certiflow_admin.connection import (
    ANSWER_WITHIN,
    RECEIVED_AT_A_TIME,
    SLOWEST,
    Connection,
    Ended,
    Memory,
    Phase,
)
from certiflow_admin.crowd import Crowd

#: Bytes of large requests that wait in one process at the same time.
MEMORY_LIMIT = 128 * 1024 * 1024
#: Seconds and bytes for which the rest of a request is read after its answer, so that the
#: answer arrives: closing at once would end the client's sending with an error instead.
REST_WITHIN, REST_LIMIT = 2.0, 64 * 1024
REFUSED_REST_WITHIN, REFUSED_REST_LIMIT = 10.0, 256 * 1024 * 1024
#: Open files that are not connections: the database, logs, what Python opens.
OTHER_FILES = 200
#: What a client's behaviour ends with; nothing to write a line about.
EVERYDAY = {errno.ENOTCONN, errno.EBADF, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT}

WAITING = object()


class Worker(ThreadWorker):
    """Threads get whole requests and leave their answers: all waiting is done in one loop."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.crowd = Crowd(settings.CONNECTIONS_PER_ADDRESS, settings.TRUSTED_PROXIES)
        self.memory = Memory(MEMORY_LIMIT)
        #: What is in the poller, in the order in which it came there.
        self.waiting: dict[Connection, None] = {}
        self._look_at = 0.0
        #: When a stopping worker waits for nobody any more.
        self._until = float("inf")

    def init_process(self) -> None:
        self.log.error_log.addFilter(is_ours)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = self.cfg.worker_connections + OTHER_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        # One more than is kept, so that gunicorn never stops accepting.
        self.most_connections = self.cfg.worker_connections
        if soft != resource.RLIM_INFINITY:
            self.most_connections = max(1, min(self.most_connections, soft - OTHER_FILES))
        self.worker_connections = self.most_connections + 1
        super().init_process()

    # --- In the loop --------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        try:
            accepted, client = listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE} and self.waiting:
                self.drop(next(iter(self.waiting)))
            return
        connection = Connection(
            self.cfg,
            accepted,
            client,
            listener.getsockname(),
            settings.MAX_BODY_BYTES,
            self.memory,
        )
        self.nr_conns += 1
        self.crowd.add(connection)
        self.wait(connection)
        self.make_room(connection)

    def make_room(self, newest: Connection) -> None:
        surplus = self.crowd.surplus_beside(newest)
        if surplus is None and self.nr_conns > self.most_connections:
            surplus = self.crowd.least_needed()
        if surplus is not None:
            self.drop(surplus if surplus.is_waiting else newest)

    def wait(self, connection: Connection) -> None:
        """For the client, as long as its phase still lasts."""
        connection.timeout = time.monotonic() + connection.seconds_left
        self.waiting[connection] = None
        connection.is_waiting = True
        event = connection.waits_for
        self.poller.register(connection.sock, event, partial(self.resume, connection))

    def stop_waiting(self, connection: Connection) -> None:
        self.waiting.pop(connection, None)
        connection.is_waiting = False
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(connection.sock)

    def resume(self, connection: Connection, _socket: socket.socket) -> None:
        if connection not in self.waiting:
            return  # Closed for another one meanwhile.
        self.stop_waiting(connection)
        connection.seconds_left = connection.timeout - time.monotonic()
        with self.dropping(connection):
            if connection.phase is Phase.ENDING:
                self.read_rest(connection)
            elif connection.phase is Phase.ANSWER:
                self.send_on(connection)
            else:
                self.enqueue_req(connection)

    def finish_request(self, connection: Connection, future: "Future[Any]") -> None:
        with self.dropping(connection):
            result = future.result()
            if result is WAITING:
                self.wait(connection)
                return
            connection.keeps = bool(result)
            connection.begin(Phase.ANSWER, ANSWER_WITHIN + len(unsent(connection)) / SLOWEST)
            connection.waits_for = EVENT_WRITE
            self.send_on(connection)

    def send_on(self, connection: Connection) -> None:
        if unsent(connection) and not connection.sock.flush():
            self.wait(connection)
            return
        connection.waits_for = EVENT_READ
        if not connection.keeps:
            self.end(connection)
            return
        connection.answered()
        if connection.has_more():
            self.enqueue_req(connection)
        else:
            self.wait(connection)

    def end(self, connection: Connection) -> None:
        """Says that nothing follows, and lets the client read the answer (RFC 9112, 9.6)."""
        refused = connection.incoming.is_refused
        connection.begin(Phase.ENDING, REFUSED_REST_WITHIN if refused else REST_WITHIN)
        connection.rest = REFUSED_REST_LIMIT if refused else REST_LIMIT
        connection.sock.shutdown(socket.SHUT_WR)
        self.wait(connection)

    def read_rest(self, connection: Connection) -> None:
        length = len(connection.sock.recv(RECEIVED_AT_A_TIME))
        connection.rest -= length
        if not length or connection.rest < 0:
            self.drop(connection)
        else:
            self.wait(connection)

    @contextlib.contextmanager
    def dropping(self, connection: Connection) -> Any:
        """Whatever goes wrong with one connection ends it and nothing else."""
        try:
            yield
        except BlockingIOError:
            self.wait(connection)
        except OSError:
            self.drop(connection)
        except Exception:
            self.log.exception("A connection failed.")
            self.drop(connection)

    def drop(self, connection: Connection) -> None:
        self.stop_waiting(connection)
        self.crowd.remove(connection)
        self.nr_conns -= 1
        connection.close()

    def murder_pending(self) -> None:
        """Called by gunicorn about every second, and more often when there is much to do."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + 0.5
        if not self.alive:
            self._until = min(self._until, now + STOP_KEEPALIVE_LINGER)
        for connection in list(self.waiting):
            if min(connection.timeout, self._until) <= now:
                self.drop(connection)

    # --- In a thread --------------------------------------------------------

    def enqueue_req(self, conn: Connection) -> None:
        self.tpool.submit(self.handle, conn).add_done_callback(
            partial(self.method_queue.defer, self.finish_request, conn)
        )

    def handle(self, conn: Connection) -> object:
        """``WAITING`` for more, or whether another request may follow the answer."""
        request = None
        try:
            if not conn.receive():
                return WAITING
            conn.phase = Phase.SERVED
            request = conn.incoming.take()
            keeps = self.handle_request(request, conn)
            conn.sock.flush()
            return keeps
        except (Ended, NoMoreData, StopIteration) as error:
            self.log.debug("A connection ended. %s", error)
        except OSError as error:
            # Scanners, browsers that do not trust the certificate, clients that went away.
            if is_everyday(error):
                self.log.debug("A connection ended. %s", error)
            else:
                self.log.exception("Socket error processing request.")
        except Exception as error:
            self.handle_error(request, conn.sock, conn.client, error)
        return False


def is_everyday(error: OSError) -> bool:
    return isinstance(error, ConnectionError | ssl.SSLError) or error.errno in EVERYDAY


def is_ours(line: logging.LogRecord) -> bool:
    """Whether it is worth a line: anybody can send what the parser refuses, as often as wanted."""
    return not str(line.msg).startswith("Invalid request from ")


def unsent(connection: Connection) -> bytes | bytearray:
    """Of the answer; a socket whose handshake never began has none."""
    return getattr(connection.sock, "unsent", b"")
