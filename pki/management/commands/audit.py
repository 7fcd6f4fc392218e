"""`certiflow audit verify`: whether the audit trail is as it was written."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from pki.actions.audit_verification import Found, verify
from pki.actions.restoring import read_manifest, refuse_unless_a_backup
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document
from pki.management.passwords import password_for


class Command(ActionCommand):
    help = (
        "Verify the audit trail and name the first altered, missing or inserted event; exit code "
        "1 if there is one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["verify"], help="the only thing to do with it")
        parser.add_argument(
            "--seal", action="append", default=[], metavar="SEAL",
            help="a seal that has to be in the trail, from a daily digest or a backup's output",
        )  # fmt: skip
        parser.add_argument(
            "--backup", type=Path, metavar="FILE", help="the seal in this backup has to be in it"
        )
        parser.add_argument(
            "--password-stdin", action="store_true",
            help="the password of the backup is one line of standard input",
        )  # fmt: skip
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        seals = list(options["seal"])
        if options["backup"]:
            seals += seal_in(options["backup"], on_stdin=options["password_stdin"])
        found = verify(*seals)
        if options["json"]:
            write_document(self.stdout, {"ok": not found.fault, **asdict(found)})
        elif not found.fault:
            self.stdout.write("\n".join(lines(found)))
        if found.fault:
            self.stderr.write(found.fault)
            sys.exit(1)


def seal_in(path: Path, *, on_stdin: bool) -> list[str]:
    """None in a backup of before there were seals."""
    refuse_unless_a_backup(path)
    seal = read_manifest(path, password_for("the backup", on_stdin=on_stdin, new=False)).seal
    return [seal] if seal else []


def lines(found: Found) -> list[str]:
    said = [f"{found.events:,} events are as they were written, under {found.seals:,} seals."]
    if found.unsealed:
        said.append(f"{found.unsealed:,} of them are new and not sealed yet.")
    if found.newest:
        said.append(f"Newest seal: {found.newest}")
    return said
