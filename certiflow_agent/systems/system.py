"""What the agent needs to know of an operating system."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class System:
    #: The machine's own identifier. Raises AgentError where there is none.
    machine_id: Callable[[], str]
    #: Where an agent that runs as a service keeps its state, and one that does not.
    service_directory: Path
    user_directory: Path
