"""The options that issuing and renewing share, and what they mean together."""

import argparse
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from pki.actions.confirmations import NOTHING, Confirmations
from pki.actions.server_certificates import requested_key
from pki.errors import InvalidInput
from pki.management.certificate_files import Destination
from pki.management.command import ActionCommand
from pki.management.json_output import add_json_option
from pki.management.passwords import read_password
from pki.models import Server
from pki.x509.bundles import PfxEncryption
from pki.x509.keys import KeySpec
from pki.x509.profiles import SERVER

KEY_TYPES = ["rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384"]
#: Read no more than this of a file that is said to be a request; the core says its limit.
READ_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Choices:
    """What the options ask for, checked as far as that goes without the server."""

    key_spec: KeySpec | None
    csr: bytes
    lifetime: timedelta | None
    destination: Destination | None
    confirmed: Confirmations = NOTHING

    def check_request(self, fqdn: str, additional_names: list[str]) -> None:
        """Before a server is added or changed for a request that would be refused."""
        if self.csr:
            requested_key(Server(fqdn=fqdn, additional_names=additional_names), self.csr)


def add_issuing_options(parser: CommandParser, *, renewing: bool = False) -> None:
    parser.add_argument("--server", required=True, metavar="FQDN", help="the server's DNS name")
    parser.add_argument(
        "--san", action="append", default=[], metavar="NAME",
        help="a further DNS name or IP address, recorded with the server; may be repeated",
    )  # fmt: skip
    origin = parser.add_mutually_exclusive_group()
    origin.add_argument(
        "--key-type", choices=KEY_TYPES,
        help="the key to make here; default: "
        + ("like the one before" if renewing else str(SERVER.default_key)),
    )  # fmt: skip
    origin.add_argument(
        "--csr", type=Path, metavar="FILE", help="use the key of this certificate request"
    )
    if renewing:
        origin.add_argument(
            "--same-key", action="store_true", help="go on with the key of the current certificate"
        )
    parser.add_argument(
        "--days", type=number_of_days, metavar="N",
        help=f"days of validity, 1 to {SERVER.longest_lifetime.days}; default "
        f"{SERVER.lifetime.days}",
    )  # fmt: skip
    parser.add_argument(
        "--shared", action="store_true",
        help="names of other servers are shared with them, such as behind a load balancer",
    )  # fmt: skip
    add_file_options(parser)
    add_json_option(parser)


def add_file_options(parser: CommandParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", help="write the files there")
    parser.add_argument(
        "--pwd-stdin", action="store_true",
        help="the password of the .pfx is one line of standard input",
    )  # fmt: skip
    parser.add_argument("--pem", action="store_true", help="write .cer files in PEM, not in DER")
    parser.add_argument(
        "--pfx-format", choices=[encryption.value for encryption in PfxEncryption],
        default=PfxEncryption.COMPATIBLE.value,
        help="compatible: Windows Server 2016 and later (default); modern: AES, Windows Server "
        "2019 and later; legacy: older systems",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that are there")


def number_of_days(text: str) -> timedelta:
    """Days in a range that a calendar has; the profile says which of them it takes."""
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise argparse.ArgumentTypeError(f"“{text[:20]}” is not a number of days")
    return timedelta(days=int(text))


def choices(command: ActionCommand, options: dict[str, Any]) -> Choices:
    """Raises InvalidInput on ``days``, ``csr`` and ``password``."""
    if options["days"] is not None:
        SERVER.check_lifetime(options["days"])
    if options["csr"] and options["pwd_stdin"]:
        command.usage_error(
            "--pwd-stdin protects a key made here; with --csr the key stays where the request "
            "was made"
        )
    return Choices(
        key_spec=KeySpec.parse(options["key_type"]) if options["key_type"] else None,
        csr=read_request(options["csr"]) if options["csr"] else b"",
        lifetime=options["days"],
        destination=destination(command, options),
        confirmed=Confirmations(shared=options["shared"]),
    )


def destination(command: ActionCommand, options: dict[str, Any]) -> Destination | None:
    if options["out"] is None:
        if options["pwd_stdin"]:
            command.usage_error("--pwd-stdin protects the .pfx, which only --out writes")
        return None
    return Destination(
        directory=options["out"].absolute(),
        password=read_password("Password for the .pfx") if options["pwd_stdin"] else "",
        pem=options["pem"],
        pfx_encryption=PfxEncryption(options["pfx_format"]),
        overwrite=options["force"],
    )


def read_request(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(READ_LIMIT)
    except OSError as error:
        raise InvalidInput(
            f"The certificate request {path} cannot be read: {error.strerror}. Give the path of "
            "a file that this user may read.",
            code="request.unreadable",
            field="csr",
        ) from None
