"""The product under the moved clock: set up, its sites started, and the driver beside them."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulation.plan import HOST, Size

ROOT = Path(__file__).parent.parent
PROGRAM = Path(sys.executable).with_name("certiflow")


def free_ports(number: int) -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


@dataclass
class Product:
    directory: Path
    #: On this machine.
    dashboard_port: int
    agent_port: int
    public_port: int
    mail_port: int
    _started: list["subprocess.Popen[str]"] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """This program's own, the moved clock with it."""
        theirs = ("CERTIFLOW_", "DATABASE_URL", "CACHE_URL", "SECRET_KEY")
        return {
            **{name: text for name, text in os.environ.items() if not name.startswith(theirs)},
            "DJANGO_SETTINGS_MODULE": "certiflow_admin.settings",
            "CERTIFLOW_DATA_DIR": str(self.directory / "var"),
            "CERTIFLOW_HOST": HOST,
            "CERTIFLOW_DASHBOARD_BIND": f"127.0.0.1:{self.dashboard_port}",
            "CERTIFLOW_AGENT_BIND": f"127.0.0.1:{self.agent_port}",
            "CERTIFLOW_PUBLIC_BIND": f"127.0.0.1:{self.public_port}",
            "CERTIFLOW_PUBLIC_URL": self.public,
            "CERTIFLOW_ALLOW_LOOPBACK": "on",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}",
        }

    @property
    def public(self) -> str:
        return f"http://{HOST}:{self.public_port}"

    @property
    def agent_site(self) -> str:
        return f"https://{HOST}:{self.agent_port}"

    @property
    def dashboard(self) -> str:
        return f"https://{HOST}:{self.dashboard_port}"

    def set_up(self, size: Size) -> None:
        """As an administrator does it at a shell."""
        subprocess.run(
            [
                *(PROGRAM, "setup", "--admin", "anna", "--password-stdin"),
                *("--root-key-size", str(size.root_key_bits)),
            ],
            input="correct horse battery staple\n",
            text=True,
            check=True,
            stdout=subprocess.DEVNULL,
            env=self.environment,
        )

    def start(self) -> None:
        with (self.directory / "sites.log").open("w") as log:
            sites = subprocess.Popen(
                [sys.executable, "-m", "simulation.sites"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                env=self.environment,
            )
        self._started.append(sites)
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and sites.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.public}/readyz", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"The sites did not start:\n{self.log}")

    @property
    def log(self) -> str:
        return (self.directory / "sites.log").read_text()

    def driver(self, world: str) -> "Driver":
        process = subprocess.Popen(
            [sys.executable, "-m", "simulation.driver", world],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        self._started.append(process)
        return Driver(process)

    def stop(self) -> None:
        for process in reversed(self._started):
            if process.stdin is not None:
                process.stdin.close()
            else:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


@dataclass(frozen=True)
class Driver:
    process: "subprocess.Popen[str]"
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def do(self, name: str, **values: Any) -> Any:
        """Raises RuntimeError with what happened there when it could not be done."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self._lock:
            self.process.stdin.write(f"{json.dumps({'do': name, **values})}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The driver ended at “{name}”.")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"“{name}” failed in the driver:\n{answer['error']}")
        return answer
