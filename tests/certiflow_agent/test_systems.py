"""Reading the machine's identifier from what each system prints."""

from types import ModuleType

import pytest

from certiflow_agent.errors import AgentError
from certiflow_agent.systems import linux, macos, windows

GUID = "8f3c1a52-7c1d-4f0e-9b7a-0123456789ab"


def test_linux_reads_machine_id() -> None:
    assert linux.parse("8F3c1a527c1d4f0e9b7a0123456789ab\n") == GUID


@pytest.mark.parametrize("text", ["", "uninitialized", "0" * 32, "zz" * 16])
def test_linux_refuses_what_is_no_identifier(text: str) -> None:
    with pytest.raises(AgentError, match="--agent-id or --new-id"):
        linux.parse(text)


def test_windows_reads_the_machine_guid() -> None:
    printed = (
        "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\r\n"
        f"    MachineGuid    REG_SZ    {GUID.upper()}\r\n\r\n"
    )
    assert windows.parse_machine_guid(printed) == GUID
    with pytest.raises(AgentError):
        windows.parse_machine_guid("ERROR: The system was unable to find the key.")


def test_windows_reads_the_computers_sid_from_an_accounts() -> None:
    printed = "Name           SID\nAdministrator  S-1-5-21-1004336348-1177238915-682003330-500\n"
    assert windows.parse_computer_sid(printed) == "S-1-5-21-1004336348-1177238915-682003330"
    with pytest.raises(AgentError):
        windows.parse_computer_sid("NT AUTHORITY\\SYSTEM S-1-5-18")


@pytest.mark.parametrize("system", [linux, macos])
def test_a_sid_is_for_windows_only(system: ModuleType) -> None:
    with pytest.raises(AgentError, match="Leave --computer-sid out"):
        system.SYSTEM.computer_sid()


def test_macos_reads_the_platform_uuid() -> None:
    printed = f'    | {{\n    |   "IOPlatformUUID" = "{GUID.upper()}"\n    | }}'
    assert macos.parse(printed) == GUID
    with pytest.raises(AgentError):
        macos.parse("no such thing")
