"""A name belongs to one server, and to several only when an administrator says so.

A wildcard and a name it covers count as the same name: whoever has the wildcard's key can
answer as the other, and the other way round. A name that was given back stays held by the
certificates that have it.
"""

from collections.abc import Sequence

from django.db.models import Q

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.confirmations import Confirmations
from pki.actions.held_names import forget, give_back, held_until, hold, without_expired
from pki.actions.name_policy import locked_policy
from pki.actions.own_names import is_host_entry, own_names
from pki.errors import CertiflowError, Forbidden, InvalidInput
from pki.models import Server, ServerName
from pki.x509 import names
from pki.x509.name_policy import plain_name, spellings


def claim(server: Server, wanted: Sequence[str], *, actor: Actor, confirmed: Confirmations) -> None:
    """Give ``server`` exactly these names, inside a transaction.

    Raises Forbidden or InvalidInput ``name.taken``, and records ``names.shared``.
    """
    locked_policy()
    give_back(server, wanted)
    added = not_had(server, wanted)
    shared = share(server, added, actor=actor, confirmed=confirmed)
    ServerName.objects.bulk_create(
        ServerName(server=server, name=name, shared=name in shared) for name in added
    )


def claim_for_certificate(
    server: Server, certified: Sequence[str], *, actor: Actor, confirmed: Confirmations
) -> None:
    """Names that a certificate from elsewhere brings are held, not given: it may not get another.

    Inside a transaction that has `locked_policy`. Raises as `claim`.
    """
    added = not_had(server, certified)
    shared = share(server, added, actor=actor, confirmed=confirmed)
    hold(server, added, shared)


def not_had(server: Server, wanted: Sequence[str]) -> list[str]:
    rows = ServerName.objects.filter(server=server, held=False)
    had = set(rows.values_list("name", flat=True))
    return [name for name in wanted if name not in had]


def share(
    server: Server, added: Sequence[str], *, actor: Actor, confirmed: Confirmations
) -> set[str]:
    """Those of the names that others have as well, and that an administrator lets it have."""
    others = holders(server, added)
    check_sharing(server, others, actor=actor, confirmed=confirmed)
    forget(added, others)
    return {name for row in others for name in added if overlap(row.name, name)}


def check_sharing(
    server: Server, others: Sequence[ServerName], *, actor: Actor, confirmed: Confirmations
) -> None:
    """Whether ``server`` may have the names that these have; both are marked when it may."""
    if not others:
        return
    own = own_names(row.name for row in others)
    host_claims_its_own = is_host_entry(server) and len(own) == len(others)
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
    """Names of other servers that are, cover or are covered by one of these.

    Those that only a certificate in force has are among them.
    """
    if not wanted:
        return []
    dns = [name for name in wanted if not names.is_ip_address(name)]
    covering = [f"*.{name.partition('.')[2]}" for name in dns if not name.startswith("*.")]
    written = [text for name in wanted for text in spellings(name)]
    found = Q(name__in=[*written, *covering])
    for name in dns:
        if name.startswith("*."):
            found |= Q(name__endswith=name[1:])
    rows = ServerName.objects.filter(found).exclude(server=server).select_related("server")
    overlapping = [
        row
        for row in rows.order_by("server__fqdn", "name")
        if any(overlap(row.name, name) for name in wanted)
    ]
    return without_expired(overlapping)


def overlap(one: str, other: str) -> bool:
    one, other = plain_name(one), plain_name(other)
    return names.covers(one, other) or names.covers(other, one)


def taken(server: Server, row: ServerName, actor: Actor) -> CertiflowError:
    whose, free = f"{row.name} belongs to the server {row.server}", "take it away there first"
    if row.server.fqdn == row.name:
        whose = f"{row.name} is a server of its own here"
    if row.held and (until := held_until(row)):
        whose = f"A certificate of {row.server} has {row.name} until {until:%Y-%m-%d}"
        free = "have that certificate revoked first"
    field = "fqdn" if overlap(row.name, server.fqdn) else "additional_names"
    if not actor.is_administrator:
        return Forbidden(
            f"{whose}, so {server} cannot have that name or one that overlaps with it. Choose "
            f"another name, {free}, or ask an administrator to confirm that both servers share "
            "it.",
            code="name.taken",
            field=field,
        )
    how = "Give --shared if" if actor.is_at_the_shell else "Confirm that"
    return InvalidInput(
        f"{whose}. {how} both servers share it (such as behind a load balancer), {free}, or "
        "choose another name.",
        code="name.taken",
        field=field,
    )
