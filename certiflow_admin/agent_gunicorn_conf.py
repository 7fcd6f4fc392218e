"""How gunicorn serves the agent site; every name here is one of gunicorn's settings."""

import os

# Before anything looks at a setting: `certiflow up` hands on its own.
os.environ["DJANGO_SETTINGS_MODULE"] = "certiflow_admin.agent_settings"

from collections.abc import Callable
from functools import cache
from ssl import SSLContext
from typing import Any

from django.conf import settings

from certiflow_admin.gunicorn_conf import *  # noqa: F403
from certiflow_admin.temporary_certificate import temporary_certificate
from certiflow_admin.tls import CurrentContext

bind = settings.AGENT_BIND
#: Most of them wait for the database.
threads = 64
worker_connections = 4000
proc_name = "certiflow-agent-site"


@cache
def agents_context() -> CurrentContext:
    return CurrentContext(temporary_certificate(), asks_clients=True)


def ssl_context(  # type: ignore[no-redef]
    config: Any,  # noqa: ARG001
    default_factory: Callable[[], SSLContext],  # noqa: ARG001
) -> SSLContext:
    """Called for every connection, in a thread of the worker."""
    return agents_context().get()
