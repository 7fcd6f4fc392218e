"""`certiflow revoke`: a certificate is not to be trusted any more."""

from shlex import quote
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from pki.actions.revocation import revoke
from pki.management.certificate_document import document
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option, write_document
from pki.management.lookup import certificate_numbered
from pki.models import Certificate

#: The reasons as RFC 5280 spells them, by their letters alone.
REASONS = {reason.lower(): reason for reason in Certificate.RevocationReason.values}


class Command(ActionCommand):
    help = "Revoke a certificate for good; a workstation goes with its current one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("serial", metavar="SERIAL", help="hexadecimal, with or without colons")
        parser.add_argument(
            "--reason", required=True, metavar="R",
            help=f"one of {', '.join(REASONS.values())}",
        )  # fmt: skip
        add_json_option(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        reason = known_reason(options["reason"])
        row = revoke(certificate_numbered(options["serial"]), reason, actor=self.actor)
        if options["json"]:
            write_document(self.stdout, document(row, timezone.now()))
            return
        names = ", ".join(row.names) or row.common_name
        if row.authority_id is None:
            self.stdout.write(
                f"The key of {row.serial_number} of {names} is certified for nobody any more. Tell "
                "the authority that issued it too: our revocation list does not name it."
            )
            return
        self.stdout.write(f"Certificate {row.serial_number} of {names} is revoked: {reason}.")
        if row.admits_workstation:
            self.stdout.write(
                "The workstation is revoked with it, and all its certificates. If it shall come "
                "back, reinstate it."
            )
        if row.server is not None and row.server.certificate_id == row.pk:
            self.stdout.write(
                f"{row.server} still uses it. Next: "
                f"certiflow renew --server {quote(row.server.fqdn)}"
            )


def known_reason(text: str) -> str:
    """In any capitals, also written key-compromise; the action refuses what is none."""
    return REASONS.get(text.lower().replace("-", "").replace("_", ""), text)
