"""What the agent needs to know of an operating system."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from certiflow_agent.errors import AgentError


def no_computer_sid() -> str:
    raise AgentError("Only Windows gives a computer a SID. Leave --computer-sid out.")


@dataclass(frozen=True)
class System:
    #: The machine's own identifier. Raises AgentError where there is none.
    machine_id: Callable[[], str]
    #: Where an agent that runs as a service keeps its state, and one that does not.
    service_directory: Path
    user_directory: Path
    #: The SID of a Windows computer; AgentError elsewhere.
    computer_sid: Callable[[], str] = no_computer_sid
