"""`certiflow token`: make an enrollment token."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from pki.actions.enrollment_tokens import make_token
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document


class Command(ActionCommand):
    help = "Make an enrollment token and print it, this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="by which you find it again")
        parser.add_argument("--uses", type=int, default=1, metavar="N", help="1 by default")
        parser.add_argument("--days", type=int, default=7, metavar="N", help="7 by default")
        parser.add_argument(
            "--automatic", action="store_true", help="nobody has to approve who brings it"
        )
        parser.add_argument(
            "--name-pattern", default="", metavar="P", help="only for computers called so; * works"
        )
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        row, token = make_token(
            options["name"],
            actor=self.actor,
            lifetime=timedelta(days=min(max(options["days"], 0), 10**6)),
            uses=options["uses"],
            automatic=options["automatic"],
            name_pattern=options["name_pattern"],
        )
        if options["json"]:
            write_document(
                self.stdout,
                {"name": row.name, "token": token, "expires_at": row.expires_at.isoformat()},
            )
        else:
            self.stdout.write(token)
