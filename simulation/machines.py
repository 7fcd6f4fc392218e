"""The servers as they are outside: what each has in use, installed by people in their time."""

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from simulation.plan import HOST, Plan, PlannedServer
from simulation.product import Driver


@dataclass
class Machine:
    planned: PlannedServer
    directory: Path
    #: Of what is in use; empty before anything is.
    sha256: str = ""
    #: What was downloaded and waits for somebody to install it, and from which day on.
    waiting: dict[str, str] | None = None
    install_on: int = 0
    certificate: x509.Certificate | None = None
    #: What it sends after its own.
    others: tuple[x509.Certificate, ...] = ()
    listener: socket.socket | None = None
    context: ssl.SSLContext | None = None

    @property
    def file(self) -> Path:
        return self.directory / f"{self.planned.fqdn}.pem"

    @property
    def port(self) -> int:
        assert self.listener is not None
        port: int = self.listener.getsockname()[1]
        return port

    def expired(self) -> bool:
        assert self.certificate is not None
        return self.certificate.not_valid_after_utc <= datetime.now(UTC)

    @property
    def newest(self) -> str:
        """Of what this machine has or waits for."""
        return self.waiting["sha256"] if self.waiting else self.sha256

    def install(self) -> None:
        assert self.waiting is not None
        self.file.write_text(self.waiting["chain"])
        chain = self.waiting["chain"].encode()
        self.certificate, *others = x509.load_pem_x509_certificates(chain)
        self.others = tuple(others)
        self.sha256 = self.waiting["sha256"]
        if self.planned.listens:
            self.answer_with(self.waiting["chain"] + self.waiting["key"])
        self.waiting = None

    def answer_with(self, chain_and_key: str) -> None:
        path = self.directory / f"{self.planned.fqdn}.key"
        path.write_text(chain_and_key)
        # A new one each time: one context keeps a certificate for each kind of key.
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(path)
        if self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        assert self.listener is not None
        while True:
            plain, _ = self.listener.accept()
            assert self.context is not None
            with (
                contextlib.suppress(OSError),
                self.context.wrap_socket(plain, server_side=True) as secure,
            ):
                secure.recv(1)


class Machines:
    def __init__(self, plan: Plan, directory: Path, driver: Driver) -> None:
        directory.mkdir()
        self.plan, self.driver = plan, driver
        self.all = {each.fqdn: Machine(each, directory) for each in plan.servers}

    def open(self, servers: dict[str, Any]) -> None:
        """The first certificates are in use at once."""
        self.install_due(servers, range(1))
        for fqdn, machine in self.all.items():
            if machine.planned.listens:
                self.driver.do("listen", fqdn=fqdn, port=machine.port)

    def install_due(self, servers: dict[str, Any], days: range) -> int:
        """Notice new certificates, and put those to work whose time has come; how many."""
        installed = 0
        today = days[-1]
        lost = {fqdn for day, fqdn in self.plan.key_lost.items() if day in days}
        for fqdn, machine in self.all.items():
            if servers[fqdn]["sha256"] != machine.newest:
                machine.waiting = self.driver.do("files", fqdn=fqdn)
                at_once = fqdn in lost or machine.planned.by_hand is not None or not machine.sha256
                machine.install_on = today + (0 if at_once else machine.planned.installed_after)
            if machine.waiting is not None and machine.install_on <= today:
                machine.install()
                installed += 1
        return installed

    def wrong_probes(self, servers: dict[str, Any]) -> list[str]:
        """Where the product says something else of a machine than what it really has in use."""
        wrong = []
        for fqdn, machine in self.all.items():
            if not machine.planned.listens:
                continue
            expected = "in_use" if servers[fqdn]["sha256"] == machine.sha256 else "old"
            if servers[fqdn]["usage"] != expected:
                wrong.append(f"{fqdn} is {expected}, and its page says {servers[fqdn]['usage']}.")
        # This host takes its own within a second, perhaps after the look.
        if servers[HOST]["usage"] not in {"in_use", "old"}:
            wrong.append(f"This host's page says {servers[HOST]['usage']}.")
        return wrong
