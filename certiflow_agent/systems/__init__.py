"""What differs between operating systems: the machine's identifier and where state is kept."""

import platform

from certiflow_agent.systems import linux, macos, windows
from certiflow_agent.systems.system import System

SYSTEMS: dict[str, System] = {
    "Linux": linux.SYSTEM,
    "Windows": windows.SYSTEM,
    "Darwin": macos.SYSTEM,
}


def this_system() -> System:
    """Anything unknown is taken for something like Linux."""
    return SYSTEMS.get(platform.system(), linux.SYSTEM)
