"""A name belongs to one server, and to several only when an administrator says so.

A wildcard and a name it covers count as the same name: whoever has the wildcard's key can
answer as the other, and the other way round.
"""

from collections.abc import Sequence

from django.db.models import Q

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.confirmations import Confirmations
from pki.actions.name_policy import locked_policy
from pki.actions.own_names import is_host_entry, own_names
from pki.errors import CertiflowError, Forbidden, InvalidInput
from pki.models import Server, ServerName
from pki.x509 import names


def claim(server: Server, wanted: Sequence[str], *, actor: Actor, confirmed: Confirmations) -> None:
    """Give ``server`` exactly these names, inside a transaction.

    Raises Forbidden or InvalidInput ``name.taken``, and records ``names.shared``.
    """
    locked_policy()
    had = set(ServerName.objects.filter(server=server).values_list("name", flat=True))
    ServerName.objects.filter(server=server, name__in=had - set(wanted)).delete()
    added = [name for name in wanted if name not in had]
    others = holders(server, added)
    check_sharing(server, others, actor=actor, confirmed=confirmed)
    taken = {name for row in others for name in added if overlap(row.name, name)}
    ServerName.objects.bulk_create(
        ServerName(server=server, name=name, shared=name in taken) for name in added
    )


def check_sharing(
    server: Server, others: Sequence[ServerName], *, actor: Actor, confirmed: Confirmations
) -> None:
    """Whether ``server`` may have the names that these have; both are marked when it may."""
    if not others:
        return
    host_claims_its_own = is_host_entry(server) and bool(own_names(r.name for r in others))
    if confirmed.as_before:
        return  # Servers that had the name before each name had an owner.
    if not actor.is_administrator or not (confirmed.shared or host_claims_its_own):
        raise taken(server, others[0], actor)
    ServerName.objects.filter(pk__in=[row.pk for row in others]).update(shared=True)
    record(
        actor,
        "names.shared",
        server,
        names=sorted({row.name for row in others}),
        servers=sorted({row.server.fqdn for row in others}),
    )


def holders(server: Server, wanted: Sequence[str]) -> list[ServerName]:
    """Names of other servers that are, cover or are covered by one of these."""
    if not wanted:
        return []
    dns = [name for name in wanted if not names.is_ip_address(name)]
    covering = [f"*.{name.partition('.')[2]}" for name in dns if not name.startswith("*.")]
    found = Q(name__in=[*wanted, *covering])
    for name in dns:
        if name.startswith("*."):
            found |= Q(name__endswith=name[1:])
    rows = ServerName.objects.filter(found).exclude(server=server).select_related("server")
    return [
        row
        for row in rows.order_by("server__fqdn", "name")
        if any(overlap(row.name, name) for name in wanted)
    ]


def overlap(one: str, other: str) -> bool:
    return names.covers(one, other) or names.covers(other, one)


def taken(server: Server, row: ServerName, actor: Actor) -> CertiflowError:
    whose = f"{row.name} belongs to the server {row.server}"
    if row.server.fqdn == row.name:
        whose = f"{row.name} is a server of its own here"
    field = "fqdn" if overlap(row.name, server.fqdn) else "additional_names"
    if not actor.is_administrator:
        return Forbidden(
            f"{whose}, so {server} cannot have that name or one that overlaps with it. Choose "
            "another name, take it away there first, or ask an administrator to confirm that both "
            "servers share it.",
            code="name.taken",
            field=field,
        )
    how = "Give --shared if" if actor.is_at_the_shell else "Confirm that"
    return InvalidInput(
        f"{whose}. {how} both servers share it (such as behind a load balancer), take it away "
        "there first, or choose another name.",
        code="name.taken",
        field=field,
    )
