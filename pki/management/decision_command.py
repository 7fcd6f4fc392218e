"""What `certiflow approve` and `certiflow deny` share: which workstation, and why."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.core.management.base import CommandParser

from pki.errors import Conflict, NotFound
from pki.management.command import ActionCommand
from pki.models import Workstation
from pki.models.workstation import TRANSITIONS


class DecisionCommand(ActionCommand):
    verb: ClassVar[str]
    done: ClassVar[str]
    action: ClassVar[Callable[..., Workstation]]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "id", metavar="ID", help="the agent's identifier, or the number “workstations” shows"
        )
        parser.add_argument("--reason", default="", help="why, for the audit trail")

    def handle(self, *_args: Any, **options: Any) -> None:
        row = workstation_called(options["id"], self.verb)
        type(self).action(row, actor=self.actor, reason=options["reason"])
        self.stdout.write(f"{row.name} ({row.agent_id}) {self.done}")


def workstation_called(text: str, verb: str) -> Workstation:
    """By identifier before number. Raises NotFound and Conflict ``workstation.ambiguous``."""
    same = list(Workstation.objects.identified(text))
    possible = [row for row in same if row.state in TRANSITIONS[verb].sources]
    if len(possible) > 1:
        listed = "; ".join(
            f"{row.pk}: key {row.public_key_sha256[:16]}, from {row.address}" for row in possible
        )
        raise Conflict(
            f"{len(possible)} machines come with the identifier {text}. Name one by its number: "
            f"{listed}.",
            code="workstation.ambiguous",
        )
    if possible or same:
        return (possible or same)[0]
    found = Workstation.objects.filter(pk=text).first() if number(text) else None
    if found is None:
        raise NotFound(
            f"There is no workstation “{text[:64]}”. “certiflow workstations” lists them.",
            code="workstation.unknown",
        )
    return found


def number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18
