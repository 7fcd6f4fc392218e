"""The three sites of one running product, and what a client sees of them."""

import socket
import ssl
from pathlib import Path

from tests.running_product import RunningProduct, free_port

DASHBOARD, AGENT_SITE, PUBLIC_SITE = "dashboard", "agent site", "public site"
SITES = (DASHBOARD, AGENT_SITE, PUBLIC_SITE)


class Sites:
    """`certiflow up` with all three of them."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.product = RunningProduct(
            directory, CERTIFLOW_PUBLIC_BIND=f"127.0.0.1:{free_port()}", **environment
        ).start()
        self.ports = {
            DASHBOARD: self.product.port,
            AGENT_SITE: port_of(self.product.environment["CERTIFLOW_AGENT_BIND"]),
            PUBLIC_SITE: port_of(self.product.environment["CERTIFLOW_PUBLIC_BIND"]),
        }

    def connect(self, site: str, timeout: float = 10, source: str = "127.0.0.1") -> socket.socket:
        """A connection as a client of the site has it, after the TLS handshake if there is one."""
        plain = self.connect_plainly(site, timeout, source)
        return plain if site == PUBLIC_SITE else trusting().wrap_socket(plain)

    def connect_plainly(
        self, site: str, timeout: float, source: str = "127.0.0.1"
    ) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.ports[site]), timeout, (source, 0))

    def ask(self, site: str, request: bytes, timeout: float = 10) -> bytes:
        """Everything that is answered until the server ends the connection."""
        with self.connect(site, timeout) as client:
            client.sendall(request)
            return rest(client)

    def get(self, site: str, path: str, *headers: str, method: str = "GET") -> bytes:
        return self.ask(site, head(method, path, *headers))


def head(method: str, path: str, *headers: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def rest(client: socket.socket) -> bytes:
    answer = b""
    while part := client.recv(65536):
        answer += part
    return answer


def trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def port_of(bind: str) -> int:
    return int(bind.rpartition(":")[2])
