"""The product started as a user starts it, in a directory of its own, on free ports."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HOST = "certiflow.example.test"
SETUP_CODE = re.compile(r"\b[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}\b")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class RunningProduct:
    """`certiflow up` in a child process; ``url`` reaches the dashboard on this machine."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.log = directory / "up.log"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("CERTIFLOW_")
        } | {
            "DJANGO_SETTINGS_MODULE": "certiflow_admin.settings",
            "CERTIFLOW_DATA_DIR": str(directory / "var"),
            "CERTIFLOW_HOST": HOST,
            "CERTIFLOW_DASHBOARD_BIND": f"127.0.0.1:{self.port}",
            "CERTIFLOW_AGENT_BIND": f"127.0.0.1:{free_port()}",
            "CERTIFLOW_ALLOW_LOOPBACK": "on",
            "CACHE_URL": "dbcache://certiflow_cache",
            "EMAIL_URL": "consolemail://",
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    def start(self) -> "RunningProduct":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("certiflow"), "up"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.environment,
                cwd=self.directory,
            )
        self._wait_until_it_answers()
        return self

    def _wait_until_it_answers(self) -> None:
        trusting = ssl._create_unverified_context()
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(
                    f"https://127.0.0.1:{self.port}/healthz", context=trusting, timeout=5
                )
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError(f"The product did not start:\n{self.log.read_text()}")

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    @property
    def setup_code(self) -> str:
        found = SETUP_CODE.search(self.log.read_text())
        assert found, self.log.read_text()
        return found.group()

    def command(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """`certiflow` with these arguments, in the same installation."""
        return subprocess.run(
            [Path(sys.executable).with_name("certiflow"), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.directory,
            timeout=120,
            check=False,
        )
