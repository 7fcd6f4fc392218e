"""How gunicorn serves the dashboard; every name here is one of gunicorn's settings."""

import ipaddress
import os
from collections.abc import Callable
from functools import cache
from ssl import SSLContext
from typing import Any

from django.conf import settings
from gunicorn.http import wsgi

from certiflow_admin.temporary_certificate import temporary_certificate
from certiflow_admin.tls import CurrentContext

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certiflow_admin.settings")
# As in every command, for those who start gunicorn themselves.
os.umask(0o077)


def processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


bind = settings.DASHBOARD_BIND
worker_class = "certiflow_admin.worker.Worker"
#: Each opens its own database connections: SQLite's must not cross a fork.
workers = min(4, max(2, processors()))
preload_app = False
threads = 8
timeout = 120
#: What is still at work after this, such as making a key of 8192 bits, is ended.
graceful_timeout = 15
keepalive = 30
# The file that tells that workers are alive must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
#: Who may say that the browser came by https or from elsewhere: nobody by default.
forwarded_allow_ips = ",".join(
    str(ipaddress.ip_network(text, strict=False)) for text in settings.TRUSTED_PROXIES
)
#: Neither they nor whoever asks through them may move a part of the path into a prefix: a proxy
#: passes on headers that it does not know.
forwarder_headers = ""
proc_name = "certiflow-dashboard"
loglevel = "warning"
#: It would hold what people searched for; who did what stands in the audit trail.
accesslog = None
control_socket_disable = True

# gunicorn speaks TLS when these are set; what it answers with, ssl_context below says.
certfile = str(temporary_certificate().certificate_file)
keyfile = str(temporary_certificate().key_file)
# The worker does it, without waiting for the client.
do_handshake_on_connect = False
# An answer goes through the worker's sockets, which keep what a slow client does not take.
sendfile = False

# What stands in the Server header: nothing an attacker could look up.
wsgi.SERVER = "certiflow"


@cache
def current_context() -> CurrentContext:
    return CurrentContext(temporary_certificate())


def ssl_context(config: Any, default_factory: Callable[[], SSLContext]) -> SSLContext:  # noqa: ARG001
    """Called for every connection, in a thread of the worker."""
    return current_context().get()
