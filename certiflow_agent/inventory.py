"""What this machine is, in a few words."""

import os
import platform
import socket
from typing import Any

from certiflow_agent import VERSION


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
    }


def memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)
    except (AttributeError, ValueError, OSError):
        return None
