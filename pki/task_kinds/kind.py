"""What a kind of task is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pki.errors import InvalidInput


@dataclass(frozen=True)
class Number:
    """A whole number that someone may give with the task."""

    name: str
    label: str
    default: int
    smallest: int
    largest: int

    def checked(self, value: object) -> int:
        """Raises InvalidInput ``task.parameter`` on its name."""
        if value is None or value == "":
            return self.default
        try:
            number = int(str(value))
        except ValueError:
            number = self.smallest - 1
        if not self.smallest <= number <= self.largest:
            raise InvalidInput(
                f"“{self.label}” must be a whole number from {self.smallest:,} to "
                f"{self.largest:,}.",
                code="task.parameter",
                field=self.name,
            )
        return number


@dataclass(frozen=True)
class Kind:
    """A kind of task; ``parameters`` is its schema."""

    #: As agents know it.
    name: str
    label: str
    #: What the agent does, for the person who assigns it.
    explanation: str
    parameters: tuple[Number, ...] = ()

    def checked(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The parameters to send. Raises InvalidInput ``task.parameter``."""
        known = {parameter.name for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise InvalidInput(
                    f"“{self.label}” knows no parameter “{name[:40]}”. It takes "
                    f"{', '.join(sorted(known)) or 'none'}.",
                    code="task.parameter",
                    field=str(name)[:40],
                )
        return {each.name: each.checked(given.get(each.name)) for each in self.parameters}
