"""The product as `certiflow up` runs it, for what is measured over the network."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.installation import HERE

PROGRAM = Path(sys.executable).with_name("certiflow")


@dataclass(frozen=True)
class Served:
    directory: Path
    environment: dict[str, str]
    agent_port: int
    public_port: int

    def python(self, code: str) -> str:
        """Code that finds the actions and the models of this installation."""
        head = (
            "import django; django.setup(); from pki.actions.actor import SYSTEM; "
            "from pki.models import *; "
        )
        done = subprocess.run(
            [sys.executable, "-c", head + code],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()


@contextlib.contextmanager
def served(root_key: str) -> Iterator[Served]:
    """Set up with a root of that key, running, and stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix=".served-", dir=HERE / "results") as name:
        directory = Path(name)
        ports = [free_port() for _ in range(3)]
        environment = {
            **{key: text for key, text in os.environ.items() if not key.startswith("CERTIFLOW_")},
            "DJANGO_SETTINGS_MODULE": "certiflow_admin.settings",
            "PYTHONPATH": str(HERE.parent),
            "CERTIFLOW_DATA_DIR": str(directory / "var"),
            "CERTIFLOW_HOST": "localhost",
            "CERTIFLOW_DASHBOARD_BIND": f"127.0.0.1:{ports[0]}",
            "CERTIFLOW_AGENT_BIND": f"127.0.0.1:{ports[1]}",
            "CERTIFLOW_PUBLIC_BIND": f"127.0.0.1:{ports[2]}",
        }
        running = Served(directory, environment, ports[1], ports[2])
        with (directory / "log").open("wb") as log:
            product = subprocess.Popen([PROGRAM, "up"], env=environment, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{ports[2]}/healthz", product, directory / "log")
            running.python(
                "from pki.actions.authorities import create_authority; "
                "from pki.actions.servers import add_server; "
                "from pki.actions.server_certificates import issue_for_server; "
                "from pki.x509.keys import KeySpec; "
                "from pki.actions.ocsp_responder import renew_responder; "
                f"root = create_authority(actor=SYSTEM, key_spec=KeySpec.parse({root_key!r})); "
                "renew_responder(root.pk); "
                "issue_for_server(add_server('localhost', actor=SYSTEM), actor=SYSTEM, "
                "key_spec=KeySpec.parse('ec-p256'))"
            )
            yield running
        finally:
            product.terminate()
            product.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(address: str, product: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and product.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        time.sleep(0.2)
    raise RuntimeError(f"The product did not start:\n{log.read_text()}")


def requests_per_second(url: str, *arguments: str, count: int = 4_000) -> float | None:
    """As Apache's `ab` counts them over 8 kept-alive connections; None where it is missing."""
    program = shutil.which("ab")
    if program is None:
        return None
    said = subprocess.run(
        [program, "-q", "-k", "-n", str(count), "-c", "8", *arguments, url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx responses" in said or not re.search(r"Failed requests:\s+0\b", said):
        # Answers of another length count as failed there, and a nonce or a time makes them so.
        failed = re.search(r"\(Connect: 0, Receive: 0, Length: \d+, Exceptions: 0\)", said)
        if "Non-2xx responses" in said or not failed:
            raise RuntimeError(f"{url} was not answered well:\n{said}")
    found = re.search(r"Requests per second:\s+([\d.]+)", said)
    return float(found[1]) if found else None
