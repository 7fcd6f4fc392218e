"""macOS: IOPlatformUUID of the I/O Registry."""

import re
import subprocess
from pathlib import Path

from certiflow_agent.errors import AgentError
from certiflow_agent.systems.system import System

UUID = re.compile(
    r'"IOPlatformUUID"\s*=\s*"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"'
)


def parse(text: str) -> str:
    """From what “ioreg -rd1 -c IOPlatformExpertDevice” prints. Raises AgentError."""
    found = UUID.search(text)
    if not found:
        raise AgentError("ioreg shows no IOPlatformUUID. Give --agent-id or --new-id.")
    return found.group(1).lower()


def machine_id() -> str:
    done = subprocess.run(
        ["/usr/sbin/ioreg", "-rd1", "-c", "IOPlatformExpertDevice"],
        capture_output=True,
        text=True,
        check=False,
    )
    return parse(done.stdout)


SYSTEM = System(
    machine_id,
    Path("/Library/Application Support/CertiFlow Agent"),
    Path.home() / "Library" / "Application Support" / "CertiFlow Agent",
)
