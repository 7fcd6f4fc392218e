"""`certiflow up`: prepare everything, then run the product's processes until Ctrl-C."""

import errno
import socket
import sys
from collections.abc import Sequence
from typing import TextIO

from django.conf import settings
from django.db import connections

from certiflow_admin.preparation import prepare, prepare_static_files
from certiflow_admin.processes import Process, run
from certiflow_admin.temporary_certificate import temporary_certificate
from certiflow_admin.welcome import welcome
from pki.actions.actor import SYSTEM
from pki.actions.close_unfinished import close_unfinished
from pki.errors import Unavailable

#: What opens the root's key or signs cookies, and the mail server's password.
SECRETS = frozenset(
    {"CERTIFLOW_MASTER_KEYS", "CERTIFLOW_MASTER_KEYS_FILE", "SECRET_KEY", "EMAIL_URL"}
)

PROCESSES = (
    Process(
        "dashboard",
        (
            "-m",
            "gunicorn",
            "--config=python:certiflow_admin.gunicorn_conf",
            "certiflow_admin.wsgi:application",
        ),
        bind_setting="DASHBOARD_BIND",
    ),
    Process(
        "agent site",
        (
            "-m",
            "gunicorn",
            "--config=python:certiflow_admin.agent_gunicorn_conf",
            "certiflow_admin.agent_wsgi:application",
        ),
        bind_setting="AGENT_BIND",
    ),
    Process("worker", ("-m", "certiflow_admin.command_line", "worker")),
    Process("scheduler", ("-m", "certiflow_admin.command_line", "scheduler")),
    Process(
        "public site",
        (
            "-m",
            "gunicorn",
            "--config=python:certiflow_admin.public_gunicorn_conf",
            "certiflow_admin.public_wsgi:application",
        ),
        bind_setting="PUBLIC_BIND",
        optional=True,
        without=SECRETS,
    ),
)


def up(out: TextIO, processes: Sequence[Process] = PROCESSES) -> int:
    """Run until Ctrl-C or SIGTERM, then 0; 1 with a sentence when a process ended by itself."""
    wanted = [process for process in processes if process.is_wanted()]
    for process in wanted:
        if process.bind_setting:
            refuse_busy(process.bind_setting)
    prepare()
    prepare_static_files()
    temporary_certificate().ensure(settings.HOST)
    closed = close_unfinished(SYSTEM)
    if closed:
        out.write(
            f"{closed} certificate{' that was' if closed == 1 else 's that were'} being issued "
            "when the product last ended: closed; nobody received it. See the audit trail.\n"
        )
    out.write(welcome())
    out.flush()
    # Children inherit open files; each opens its own connections.
    connections.close_all()
    return run(wanted, out, sys.stderr)


def refuse_busy(setting: str) -> None:
    """Raises Unavailable ``bind.…`` when nothing can listen there."""
    text: str = getattr(settings, setting)
    host, _, port = text.rpartition(":")
    variable = f"CERTIFLOW_{setting}"
    try:
        for family, kind, _, _, address in socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
    except OSError as error:
        reason, code = {
            errno.EADDRINUSE: (
                f"another program listens on port {port} already. Stop it, or name",
                "bind.busy",
            ),
            errno.EACCES: (f"this user may not listen on port {port}. Name", "bind.forbidden"),
            errno.EADDRNOTAVAIL: ("this machine does not have that address. Name", "bind.address"),
        }.get(error.errno or 0, (f"{error.strerror or error}. Name", "bind.failed"))
        raise Unavailable(
            f"Nothing can listen on {text}: {reason} another address or port in {variable}, such "
            f"as {variable}=0.0.0.0:9443.",
            code=code,
        ) from None
