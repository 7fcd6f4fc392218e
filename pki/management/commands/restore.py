"""`certiflow restore`: a backup goes into an empty installation, all of it or nothing."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from certiflow_admin.preparation import prepare_directory, prepare_tables
from pki.actions.backup_manifest import Manifest
from pki.actions.restoring import refuse_unless_a_backup, refuse_unless_empty, restore
from pki.management.certificate_document import dashboard_address
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document
from pki.management.passwords import password_for

#: What people look for first, by its table.
COUNTED = {
    "pki.Authority": "root",
    "pki.Certificate": "certificate",
    "pki.Server": "server",
    "pki.Workstation": "workstation",
    "pki.User": "user",
    "pki.AuditEvent": "audit event",
}


class Command(ActionCommand):
    help = "Put a backup into an empty installation: all of it, or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what “backup” wrote")
        parser.add_argument(
            "--password-stdin", action="store_true",
            help="the password of the backup is one line of standard input",
        )  # fmt: skip
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        path: Path = options["file"]
        refuse_unless_a_backup(path)
        # For this user only, as everything that is made from here on.
        os.umask(0o077)
        prepare_directory(settings.DATA_DIR)
        # Before the tables are brought up to date: what is there stays as it is.
        refuse_unless_empty()
        password = password_for("the backup", on_stdin=options["password_stdin"], new=False)
        prepare_tables()
        restored = restore(path, password, actor=self.actor)
        if options["json"]:
            write_document(self.stdout, document(restored))
        else:
            self.stdout.write("\n".join(lines(restored)))


def document(restored: Manifest) -> dict[str, Any]:
    return {
        "made_at": restored.made_at.isoformat(),
        "made_by": restored.made_by,
        "version": restored.version,
        "host": restored.host,
        "rows": restored.rows,
    }


def lines(restored: Manifest) -> list[str]:
    counts = ", ".join(
        counted(restored.rows.get(table, 0), what) for table, what in COUNTED.items()
    )
    return [
        f"Restored: {restored.host} as of {restored.made_at:%Y-%m-%d %H:%M} UTC, "
        f"{restored.total:,} rows, among them {counts}.",
        "What was issued, revoked or decided after that moment is not known here.",
        "",
        "Next:",
        "  certiflow doctor                 says whether everything is in order",
        *another_host(restored.host),
        "  certiflow up                     starts it; stop it first if it runs already",
        f"  {dashboard_address()}   sign in as before",
        "Never let the old installation run again beside this one: both would sign as one root.",
    ]


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def another_host(host: str) -> list[str]:
    """Agents and bookmarks know the old name, and the certificate is for it."""
    if host == settings.HOST:
        return []
    return [
        f"  CERTIFLOW_HOST={host}   if this machine takes over that name; otherwise",
        f"  certiflow issue --server {settings.HOST}   a certificate for the dashboard's new name",
    ]
