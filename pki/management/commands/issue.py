"""`certiflow issue`: the first certificate of a server, which is added if it is new."""

from shlex import quote
from typing import Any

from django.core.management.base import CommandParser

from pki.actions.root_limits import refuse_outside_root
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.actions.signer import active_signer
from pki.errors import Conflict
from pki.management.command import ActionCommand
from pki.management.issued_output import write_files, write_issued
from pki.management.issuing_options import Choices, add_issuing_options, choices
from pki.management.server_names import with_names
from pki.models import Server
from pki.x509 import names
from pki.x509.profiles import SERVER


class Command(ActionCommand):
    help = "Issue the first certificate of a server; the server is added if it is not known yet."

    def add_arguments(self, parser: CommandParser) -> None:
        add_issuing_options(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        chosen = choices(self, options)
        if chosen.destination is not None:
            chosen.destination.check(with_key=not chosen.csr)
        server = self.server(options["server"], options["san"], chosen)
        row = issue_for_server(
            server,
            actor=self.actor,
            key_spec=chosen.key_spec or SERVER.default_key,
            csr=chosen.csr,
            lifetime=chosen.lifetime,
            confirmed=chosen.confirmed,
        )
        files = write_files(row, chosen.destination, actor=self.actor)
        write_issued(
            self.stdout, row, f"{server} has its certificate.", chosen.destination, files,
            as_json=options["json"],
        )  # fmt: skip

    def server(self, fqdn: str, further: list[str], chosen: Choices) -> Server:
        """The known one with the names added, or a new one; checked before it is written."""
        fqdn = names.server_name(fqdn)
        active_signer()
        known = Server.objects.filter(fqdn=fqdn).first()
        if known is not None:
            refuse_second(known)
            return with_names(known, further, chosen, actor=self.actor)
        others = names.alternative_names(further, field="san")
        chosen.check_request(fqdn, others)
        refuse_outside_root(fqdn, others)
        return add_server(
            fqdn, actor=self.actor, additional_names=further, confirmed=chosen.confirmed
        )


def refuse_second(server: Server) -> None:
    if server.certificate is None:
        return
    raise Conflict(
        f"{server} has a certificate already, {server.certificate.serial_number}, and nothing was "
        f"issued. “certiflow renew --server {quote(server.fqdn)}” issues the next one; “certiflow "
        f"certificates {server.certificate.serial_number} --out DIR” fetches the files of this "
        "one.",
        code="server.has_certificate",
        field="server",
    )
