"""Linux: /etc/machine-id (systemd's machine-id(5))."""

import re
from pathlib import Path

from certiflow_agent.errors import AgentError
from certiflow_agent.systems.system import System


def parse(text: str) -> str:
    """32 hexadecimal digits as a GUID. Raises AgentError for anything else."""
    digits = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{32}", digits) or set(digits) == {"0"}:
        raise AgentError(
            "/etc/machine-id holds no identifier. Run “systemd-machine-id-setup”, or give one "
            "with --agent-id or --new-id."
        )
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def machine_id() -> str:
    for path in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        if path.exists():
            return parse(path.read_text(errors="replace"))
    return parse("")


SYSTEM = System(
    machine_id,
    Path("/var/lib/certiflow-agent"),
    Path.home() / ".local" / "state" / "certiflow-agent",
)
