"""The names that an option adds to a server before its next certificate."""

from pki.actions.actor import Actor
from pki.actions.root_limits import refuse_outside_root
from pki.actions.servers import change_server
from pki.management.issuing_options import Choices
from pki.models import Server
from pki.x509 import names


def with_names(server: Server, further: list[str], chosen: Choices, *, actor: Actor) -> Server:
    """``server`` with these names after those it has; untouched when it has them all."""
    wanted = names.alternative_names([*server.additional_names, *further], field="san")
    additional = [name for name in wanted if name != server.fqdn]
    chosen.check_request(server.fqdn, additional)
    refuse_outside_root(server.fqdn, additional)
    if additional == server.additional_names:
        return server
    return change_server(
        server,
        actor=actor,
        additional_names=additional,
        comment=server.comment,
        confirmed=chosen.confirmed,
    )
