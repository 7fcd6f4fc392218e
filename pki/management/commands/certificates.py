"""`certiflow certificates`: the list, one certificate, or its files once more."""

from collections.abc import Generator
from contextlib import closing
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Q, QuerySet
from django.utils import timezone

from pki.management import certificate_document
from pki.management.certificate_table import write_table
from pki.management.command import ActionCommand
from pki.management.issued_output import write_issued
from pki.management.issuing_options import add_file_options, destination, number_of_days
from pki.management.json_output import add_json_option, write_list
from pki.management.lookup import certificate_numbered, server_named
from pki.models import Certificate

#: Rows fetched at a time, so that a hundred thousand need no more memory than this.
CHUNK = 1000


class Command(ActionCommand):
    help = "List the certificates, show one, or write its files once more with --out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "serial", metavar="SERIAL", nargs="?", help="only this one, with its details"
        )
        parser.add_argument(
            "--expiring", type=number_of_days, metavar="DAYS",
            help="those in use that end within DAYS or have ended, the first to end first",
        )  # fmt: skip
        parser.add_argument("--server", metavar="FQDN", help="those of one server")
        add_file_options(parser)
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        listing = options["expiring"] is not None or options["server"] is not None
        if options["serial"] and listing:
            self.usage_error("SERIAL names one certificate; --expiring and --server list several")
        if options["out"] and not options["serial"]:
            self.usage_error("--out writes the files of one certificate; name its SERIAL")
        if options["serial"]:
            self.one(options)
        else:
            self.several(options)

    def one(self, options: dict[str, Any]) -> None:
        wanted = destination(self, options)
        row = certificate_numbered(options["serial"])
        if wanted is not None:
            wanted.check(with_key=row.private_key_id is not None)
        files = wanted.write(row, actor=self.actor) if wanted else []
        headline = row.common_name or row.subject
        write_issued(self.stdout, row, headline, wanted, files, as_json=options["json"])

    def several(self, options: dict[str, Any]) -> None:
        rows = selected(options).select_related("server", "authority").defer("der", "chain")
        now = timezone.now()
        # Closed here: a reader who stops early closes the connection before Python the cursor.
        with closing(in_pieces(rows)) as each:
            if options["json"]:
                write_list(self.stdout, (certificate_document.document(row, now) for row in each))
            else:
                write_table(self.stdout, each, now)


def in_pieces(rows: QuerySet[Certificate]) -> Generator[Certificate]:
    yield from rows.iterator(chunk_size=CHUNK)


def selected(options: dict[str, Any]) -> QuerySet[Certificate]:
    rows = Certificate.objects.all()
    if options["server"] is not None:
        rows = rows.filter(server=server_named(options["server"]))
    if options["expiring"] is None:
        return rows
    return rows.filter(ending_in_use(options["expiring"])).order_by("not_after", "pk")


def ending_in_use(within: timedelta) -> Q:
    """Not those that were renewed: nobody waits for them to end."""
    now = timezone.now()
    in_use = (
        Q(current_for__isnull=False)
        | Q(authority_of__retired_at=None, authority_of__isnull=False)
        | Q(server__isnull=True, authority_of__isnull=True, not_after__gt=now)
    )
    return Q(state=Certificate.State.ISSUED, not_after__lte=now + within) & in_use
