"""`certiflow workstations`: who registered, and how far each is trusted."""

from contextlib import closing
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.table import Table

from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_list
from pki.management.workstation_document import document
from pki.models import TrustState, Workstation

CHUNK = 1000


class Command(ActionCommand):
    help = "List the workstations."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--state", choices=TrustState.values, help="only those in this state")
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        rows = Workstation.objects.select_related("certificate").defer(
            "inventory", "certificate__der", "certificate__chain"
        )
        if options["state"]:
            rows = rows.filter(state=options["state"])
        with closing(iter(rows.order_by("pk").iterator(chunk_size=CHUNK))) as each:  # type: ignore[type-var]
            if options["json"]:
                write_list(self.stdout, (document(row) for row in each))
                return
            table = Table("ID", "Name", "Identifier", "State", "Address", "Last seen", box=None)
            for row in each:
                seen = f"{row.last_seen_at:%Y-%m-%d %H:%M}" if row.last_seen_at else "never"
                flag = " (identifier taken)" if row.identifier_taken else ""
                table.add_row(
                    str(row.pk), row.name, row.agent_id, row.state + flag, row.address or "", seen
                )
            Console(file=self.stdout, soft_wrap=True).print(table)  # type: ignore[arg-type]
