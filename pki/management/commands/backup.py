"""`certiflow backup`: everything in one encrypted file, while the product goes on working."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from pki.actions.backups import Made, back_up
from pki.files import refuse_existing
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document
from pki.management.passwords import password_for
from pki.password_rule import random_password


class Command(ActionCommand):
    help = "Write everything into one encrypted file; the product may go on working meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the file to write")
        password = parser.add_mutually_exclusive_group()
        password.add_argument(
            "--password-stdin", action="store_true",
            help="the password of the backup is one line of standard input",
        )  # fmt: skip
        password.add_argument(
            "--generate-password", action="store_true",
            help="make a password and print it, this once, to standard error",
        )  # fmt: skip
        parser.add_argument("--force", action="store_true", help="replace a file that is there")
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not options["force"]:
            refuse_existing([path])
        password = self.generated() if options["generate_password"] else password_for(
            "the backup", on_stdin=options["password_stdin"], new=True
        )  # fmt: skip
        made = back_up(path, password, actor=self.actor, overwrite=options["force"])
        if options["json"]:
            write_document(self.stdout, document(path, made))
        else:
            self.stdout.write("\n".join(lines(path, made)))

    def generated(self) -> str:
        """Before the file is there: one whose password nobody saw would be worth nothing."""
        password = random_password()
        self.stderr.write(f"The password of this backup, shown this once:\n{password}")
        return password


def document(path: Path, made: Made) -> dict[str, Any]:
    return {
        "file": str(path),
        "at": made.manifest.made_at.isoformat(),
        "bytes": made.row.size,
        "rows": made.manifest.total,
        "keys_that_do_not_open": made.unopenable,
        "audit_seal": made.manifest.seal,
    }


def lines(path: Path, made: Made) -> list[str]:
    told = [
        f"{path} holds everything as of {made.manifest.made_at:%Y-%m-%d %H:%M} UTC: "
        f"{made.manifest.total:,} rows and the key ring, {made.row.size:,} bytes.",
        "Keep it on another machine, and its password apart from it: without the password nobody "
        "can open it, you neither.",
    ]
    if made.manifest.seal:
        told.append(f"Newest seal of the audit trail: {made.manifest.seal}")
    if made.unopenable:
        told.append(
            f"{made.unopenable:,} private keys in it do not open, because their master key is not "
            "in the ring. “certiflow doctor” names them."
        )
    return told
