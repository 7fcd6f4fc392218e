"""What this machine is, in a few words."""

import os
import platform
import socket
from functools import cache
from typing import Any

from certiflow_agent import VERSION
from certiflow_agent.errors import AgentError
from certiflow_agent.systems import this_system


def system_name() -> str:
    """Distribution and version where the system tells."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError, AttributeError):
        return f"{platform.system()} {platform.release()}"


def inventory() -> dict[str, Any]:
    return {
        "hostname": socket.gethostname(),
        "os": system_name(),
        "agent_version": VERSION,
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "processors": os.cpu_count() or 1,
        "memory_mb": memory_mb(),
        "machine_id": machine_id(),
    }


@cache
def machine_id() -> str | None:
    """By which the server tells this machine from a copy of it."""
    try:
        return this_system().machine_id()
    except (AgentError, OSError):
        return None


def memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    except (AttributeError, ValueError, OSError):
        return None
