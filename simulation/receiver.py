"""Where the product's webhook calls arrive: a real HTTP server that checks every signature."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True)
class Call:
    #: By the moved clock.
    at: datetime
    #: The same at every attempt.
    id: str
    document: dict[str, Any]


@dataclass
class Receiver:
    #: Known once the product has made it.
    key: str = ""
    works: bool = True
    calls: list[Call] = field(default_factory=list)
    #: Why others were turned away.
    refused: list[str] = field(default_factory=list)

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        """The status to answer with."""
        if not self.works:
            return 503
        try:
            document = Webhook(self.key).verify(body, headers)
        except WebhookVerificationError as error:
            self.refused.append(str(error))
            return 401
        self.calls.append(Call(datetime.now(UTC), headers["webhook-id"], document))
        return 204


def open_receiver(port: int) -> tuple[Receiver, ThreadingHTTPServer]:
    """On this machine; the server is to be shut down."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): text for name, text in self.headers.items()}
            self.send_response(receiver.take(body, headers))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Not on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return receiver, server
