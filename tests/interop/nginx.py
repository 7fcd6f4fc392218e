"""A real nginx with a configuration of the test's, as an unprivileged user or as root."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.interop.programs import path_of

WHOLE = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/error.log info;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
{server}
    }}
}}
"""


@contextlib.contextmanager
def nginx(directory: Path, port: int, server: str) -> Iterator[None]:
    """Answers on ``port``, with the directives ``server`` in its one server."""
    configuration = directory / "nginx.conf"
    configuration.write_text(WHOLE.format(directory=directory, port=port, server=server))
    running = subprocess.Popen(
        [path_of("nginx"), "-c", str(configuration), "-e", str(directory / "error.log")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, running, directory)
        yield
    finally:
        running.terminate()
        running.wait(timeout=30)


def wait_for(port: int, running: subprocess.Popen[bytes], directory: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and running.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(f"nginx did not start:\n{(directory / 'error.log').read_text()}")
