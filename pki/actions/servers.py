"""Adding a server and changing what its next certificate will say."""

from collections.abc import Sequence

from django.conf import settings
from django.db import IntegrityError, transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.confirmations import NOTHING, Confirmations
from pki.actions.name_rules import take_names
from pki.actions.recipients import checked_addresses
from pki.errors import Conflict
from pki.models import Server
from pki.x509 import names

COMMENT_LIMIT = 500
#: Of the agent site of a CertiFlow server.
AGENT_PORT = 3003


def add_server(
    fqdn: str,
    *,
    actor: Actor,
    additional_names: Sequence[str] = (),
    comment: str = "",
    owners: Sequence[str] = (),
    confirmed: Confirmations = NOTHING,
) -> Server:
    """``owners`` are the e-mail addresses of those who look after it.

    Raises InvalidInput or Forbidden ``name.…``, ``host.…``, ``recipient.…`` and Conflict
    ``server.exists``, on the field in question.
    """
    name = names.server_name(fqdn)
    others = checked_others(name, additional_names)
    told = checked_addresses(owners, field="owners")
    try:
        with transaction.atomic():
            server = Server.objects.create(
                fqdn=name,
                additional_names=others,
                comment=comment.strip()[:COMMENT_LIMIT],
                owners=told,
                probe_port=agent_port() if name == settings.HOST else AGENT_PORT,
            )
            take_names(server, (), actor=actor, confirmed=confirmed)
            record(actor, "server.added", server, additional_names=others)
    except IntegrityError:
        raise Conflict(
            f"{name} is there already. Open it from the list of servers to issue or renew its "
            "certificate.",
            code="server.exists",
            field="fqdn",
        ) from None
    return server


def agent_port() -> int:
    """Where this host's own agent site is reached."""
    return int(settings.AGENT_BIND.rpartition(":")[2])


def change_server(
    server: Server,
    *,
    actor: Actor,
    additional_names: Sequence[str],
    comment: str,
    owners: Sequence[str] | None = None,
    confirmed: Confirmations = NOTHING,
) -> Server:
    """New names take effect with the next certificate; the current one stays as it is.

    Without ``owners`` those there are stay. Raises as `add_server`.
    """
    others = checked_others(server.fqdn, additional_names)
    told = None if owners is None else checked_addresses(owners, field="owners")
    with transaction.atomic():
        changed = Server.objects.select_for_update().get(pk=server.pk)
        before = changed.additional_names
        changed.additional_names = others
        take_names(changed, [changed.fqdn, *before], actor=actor, confirmed=confirmed)
        changed.comment = comment.strip()[:COMMENT_LIMIT]
        new_owners = {}
        if told is not None and told != changed.owners:
            changed.owners = told
            new_owners = {"owners": told}
        changed.save(update_fields=["additional_names", "comment", "owners"])
        record(
            actor, "server.changed", changed, before=before, additional_names=others, **new_owners
        )
    return changed


def checked_others(fqdn: str, texts: Sequence[str]) -> list[str]:
    return [name for name in names.alternative_names(texts) if name != fqdn]
