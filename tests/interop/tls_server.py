"""A TLS server of openssl's that serves what we made."""

import contextlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.interop.programs import path_of

LISTENING = re.compile(r"ACCEPT 127\.0\.0\.1:(\d+)")


@contextlib.contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[str]:
    """Answers on the port it gives, with chain.pem and key.pem of the folder."""
    server = subprocess.Popen(
        [
            path_of("openssl"), "s_server", "-accept", "127.0.0.1:0", "-www", "-naccept", "3",
            "-cert", "cert.pem", "-cert_chain", "chain.pem", "-key", "key.pem", *arguments,
        ],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    try:
        yield port_of(server)
    finally:
        server.kill()
        server.communicate()


def port_of(server: subprocess.Popen[str]) -> str:
    said = ""
    for line in server.stdout or ():
        said += line
        if listening := LISTENING.search(line):
            return listening[1]
    raise AssertionError(f"openssl s_server did not start:\n{said}")
