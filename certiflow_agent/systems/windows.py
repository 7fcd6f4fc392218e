"""Windows: MachineGuid of the registry, or the computer's SID."""

import re
import subprocess
from pathlib import Path

from certiflow_agent.errors import AgentError
from certiflow_agent.systems.system import System

GUID = re.compile(
    r"MachineGuid\s+REG_SZ\s+\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
)
SID = re.compile(r"\b(S-1-5-21(?:-\d{1,10}){3})-\d{1,10}\b")
KEY = r"HKLM\SOFTWARE\Microsoft\Cryptography"


def parse_machine_guid(text: str) -> str:
    """From what “reg query” prints. Raises AgentError."""
    found = GUID.search(text)
    if not found:
        raise AgentError("The registry holds no MachineGuid. Give --agent-id or --new-id.")
    return found.group(1).lower()


def parse_computer_sid(text: str) -> str:
    """The computer's SID, from the SID of one of its local accounts. Raises AgentError."""
    found = SID.search(text)
    if not found:
        raise AgentError("No local account's SID was found. Give --agent-id or --new-id.")
    return found.group(1)


def machine_id() -> str:
    done = subprocess.run(  # noqa: S603
        ["reg", "query", KEY, "/v", "MachineGuid", "/reg:64"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return parse_machine_guid(done.stdout)


def computer_sid() -> str:
    done = subprocess.run(
        ["powershell", "-NoProfile", "-Command", "Get-LocalUser | Format-Table Name, SID"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return parse_computer_sid(done.stdout)


SYSTEM = System(
    machine_id,
    Path("C:/ProgramData/CertiFlow Agent"),
    Path.home() / "AppData" / "Local" / "CertiFlow Agent",
    computer_sid,
)
