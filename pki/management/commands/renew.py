"""`certiflow renew`: a new certificate in the place of the current one."""

from shlex import quote
from typing import Any

from django.core.management.base import CommandParser

from pki.actions.server_certificates import renew
from pki.errors import CertiflowError, Conflict
from pki.management.command import ActionCommand
from pki.management.issued_output import write_files, write_issued
from pki.management.issuing_options import Choices, add_issuing_options, choices
from pki.management.lookup import server_named
from pki.management.server_names import with_names
from pki.models import Certificate, Server
from pki.x509.keys import KeySpec
from pki.x509.profiles import SERVER


class Command(ActionCommand):
    help = "Issue a new certificate in the place of a server's current one, which stays valid."

    def add_arguments(self, parser: CommandParser) -> None:
        add_issuing_options(parser, renewing=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        chosen = choices(self, options)
        server = server_named(options["server"])
        current = current_certificate(server)
        same_key: bool = options["same_key"]
        if not same_key:
            refuse_surprising_key(server, current, chosen)
        if chosen.destination is not None:
            with_key = current.private_key_id is not None if same_key else not chosen.csr
            chosen.destination.check(with_key=with_key)
        server = with_names(server, options["san"], chosen, actor=self.actor)
        row = renew(
            server,
            actor=self.actor,
            expected=current,
            same_key=same_key,
            key_spec=chosen.key_spec or like_before(current),
            csr=chosen.csr,
            lifetime=chosen.lifetime,
            confirmed=chosen.confirmed,
        )
        files = write_files(row, chosen.destination, actor=self.actor)
        headline = f"{server} has a new certificate; {current.serial_number} stays in the history."
        write_issued(self.stdout, row, headline, chosen.destination, files, as_json=options["json"])


def current_certificate(server: Server) -> Certificate:
    if server.certificate is None:
        raise Conflict(
            f"{server} has no certificate yet. “certiflow issue --server {quote(server.fqdn)}” "
            "issues its first one.",
            code="server.no_certificate",
            field="server",
        )
    return server.certificate


def refuse_surprising_key(server: Server, current: Certificate, chosen: Choices) -> None:
    """A key that never left its server is not replaced by one made here unless that is said."""
    if current.source == Certificate.Source.REQUEST and not chosen.csr and not chosen.key_spec:
        raise Conflict(
            f"The private key of {server} is not kept here: its certificate came from a request. "
            "Give --csr FILE for a new request, --same-key to go on with the same key, or "
            "--key-type for a new key made here.",
            code="key.origin",
            field="key",
        )


def like_before(current: Certificate) -> KeySpec:
    """The kind of key it has now, or the default where that is not issued any more."""
    try:
        spec = KeySpec.parse(current.key_algorithm)
        SERVER.check_key(spec)
    except CertiflowError:
        return SERVER.default_key
    return spec
