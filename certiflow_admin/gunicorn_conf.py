"""How gunicorn serves the dashboard; `certiflow up` and deployments of one's own use it."""

import os
import ssl
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "certiflow_admin.settings")
django.setup()

from django.conf import settings  # noqa: E402

from certiflow_admin import tls  # noqa: E402

bind = settings.DASHBOARD_BIND
worker_class = "gthread"
workers = min(4, max(2, os.cpu_count() or 1))
threads = 8
timeout = 120
graceful_timeout = 4
keepalive = 30
# The file that tells workers are alive must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
accesslog = None
loglevel = "warning"
# Only their being set matters: it makes gunicorn speak TLS, and `ssl_context` decides how.
certfile, keyfile = map(str, tls.temporary_files())


def ssl_context(_conf: Any, _default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    return tls.source.current()
