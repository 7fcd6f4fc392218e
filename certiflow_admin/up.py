"""What runs beside what when everything runs on one machine."""

import shlex
import socket
import sys
from dataclasses import dataclass
from typing import TextIO

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from honcho.manager import Manager
from honcho.printer import Message, Printer

from certiflow_admin.preparation import prepare, prepare_static_files
from pki.actions.actor import SYSTEM
from pki.actions.close_unfinished import close_unfinished
from pki.actions.setup_code import has_administrator, is_set_up, new_setup_code

#: A signal to stop, as honcho reports it: that is how this is meant to end.
STOPPED = {130, 143}


@dataclass(frozen=True)
class Part:
    """One process, and where it listens."""

    name: str
    command: tuple[str, ...]
    bind: str
    bind_setting: str


def parts() -> list[Part]:
    gunicorn = (
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "python:certiflow_admin.gunicorn_conf",
    )
    return [
        Part(
            "dashboard",
            (*gunicorn, "certiflow_admin.wsgi:application"),
            settings.DASHBOARD_BIND,
            "CERTIFLOW_DASHBOARD_BIND",
        )
    ]


def up(out: TextIO) -> int:
    """Prepare, say where to go, and run until stopped; the exit code."""
    running = parts()
    for part in running:
        refuse_busy_address(part)
    out.write("Preparing the database …\n")
    out.flush()
    prepare()
    prepare_static_files()
    closed = close_unfinished(SYSTEM)
    if closed:
        out.write(f"Closed {closed} unfinished certificates of an earlier run; see the audit.\n")
    out.write(welcome())
    out.flush()
    connections.close_all()
    return run(running, out)


def refuse_busy_address(part: Part) -> None:
    host, _, port = part.bind.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise ImproperlyConfigured(
                f"{part.bind_setting}: nothing can listen on {part.bind} ({error.strerror}). Stop "
                "what listens there, or name another address or port."
            ) from None


def welcome() -> str:
    """Addresses, and the way in while nobody has one."""
    base = dashboard_url()
    if is_set_up():
        return f"\nCertiFlow Admin: {base}/\nCtrl-C stops it.\n\n"
    if has_administrator():
        return f"\nCertiFlow Admin: {base}/setup/ goes on where setting up stopped.\n\n"
    return (
        "\nCertiFlow Admin is ready to be set up.\n"
        f"  Open         {base}/setup/\n"
        f"  Set-up code  {new_setup_code()}   (works once, for 24 hours)\n"
        "The browser warns of a temporary certificate; that is right until you have a root.\n"
        "Ctrl-C stops it.\n\n"
    )


def dashboard_url() -> str:
    port = settings.DASHBOARD_BIND.rpartition(":")[2]
    return f"https://{settings.HOST}" + ("" if port == "443" else f":{port}")


class LinePrinter(Printer):
    """The parts' own lines, without the manager's."""

    def write(self, message: Message) -> None:
        if message.type == "line" and message.name != "system":
            super().write(message)


def run(running: list[Part], out: TextIO) -> int:
    manager = Manager(LinePrinter(out))
    for part in running:
        manager.add_process(part.name, shlex.join(part.command))
    manager.loop()
    if manager.returncode in STOPPED:
        out.write("Stopped.\n")
        return 0
    out.write(f"A part ended by itself (exit code {manager.returncode}); its last lines say why.\n")
    return 1
