"""A real receiver of webhooks, in a thread, with TLS or without."""

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, key: str) -> Any:
        """What the independent library makes of it; it raises when the signature is wrong."""
        return Webhook(key).verify(self.body, self.headers)

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    #: Two nodes call sixteen times at once each, and none of those is to be turned away.
    request_queue_size = 128


class Receiver:
    """Answers with ``status``; ``drip`` sends a byte of an endless answer now and then."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.status = 204
        self.location = ""
        self.delay = 0.0
        self.drip = 0.0
        self.body = b""
        self.together: threading.Barrier | None = None
        self.url = ""


@contextlib.contextmanager
def receiver(chain_and_key: Path | None = None) -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.received.append(Received(self.path, headers, body))
            time.sleep(made.delay)
            if made.together:
                made.together.wait(timeout=8)
            self.send_response(made.status)
            if made.location:
                self.send_header("location", made.location)
            if not made.drip:
                self.send_header("content-length", str(len(made.body)))
            self.end_headers()
            if made.drip:
                with contextlib.suppress(OSError):
                    for _ in range(100):
                        self.wfile.write(b".")
                        time.sleep(made.drip)
            else:
                with contextlib.suppress(OSError):
                    self.wfile.write(made.body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = Listener(("127.0.0.1", 0), Handler)
    if chain_and_key:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain_and_key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme, host = ("https", "localhost") if chain_and_key else ("http", "127.0.0.1")
    made.url = f"{scheme}://{host}:{server.server_address[1]}/hook/t0ken"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
