"""Names that a server does not have, and a certificate of its that is in force does.

Whoever holds the key of that certificate answers as the name until it expires or is revoked, so
nobody else gets the name unasked before. Rows say for which names to look; certificates decide.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.utils import timezone

from pki.actions.own_names import canonical
from pki.models import Certificate, Server, ServerName

State = Certificate.State

#: Of the column; a longer name is none that a server here could take.
LONGEST = 253


def carried(servers: Collection[int]) -> dict[tuple[int, str], datetime]:
    """Until when certificates of these servers are in force, by server and canonical name."""
    rows = Certificate.objects.filter(
        server__in=servers,
        state__in=[State.PREPARED, State.ISSUED],
        not_after__gt=timezone.now(),
    )
    found: dict[tuple[int, str], datetime] = {}
    for server, names, common_name, not_after in rows.order_by("not_after").values_list(
        "server_id", "names", "common_name", "not_after"
    ):
        for text in (*names, common_name):
            found[server or 0, canonical(text.rstrip("."))] = not_after
    return found


def give_back(server: Server, wanted: Sequence[str]) -> None:
    """``server`` has none but these from now on; what its certificates have stays held."""
    others = list(ServerName.objects.filter(server=server).exclude(name__in=wanted))
    if not others:
        return
    until = carried([server.pk])
    held = [row.pk for row in others if (server.pk, canonical(row.name)) in until]
    ServerName.objects.filter(pk__in=held).update(
        held=True, accepted_by="", accepted_at=None, accepted_key=""
    )
    ServerName.objects.filter(pk__in={row.pk for row in others} - set(held)).delete()


def hold(server: Server, certified: Iterable[str], taken: Collection[str]) -> None:
    """Names of a certificate of ``server`` that it does not have itself."""
    there = set(ServerName.objects.filter(server=server).values_list("name", flat=True))
    ServerName.objects.bulk_create(
        ServerName(server=server, name=name, held=True, shared=name in taken)
        for name in dict.fromkeys(certified)
        if name not in there and len(name) <= LONGEST and name.isprintable()
    )


def without_expired(rows: Sequence[ServerName]) -> list[ServerName]:
    """Less those that no certificate holds any more."""
    servers = {row.server_id for row in rows if row.held}
    if not servers:
        return list(rows)
    until = carried(servers)
    return [row for row in rows if not row.held or (row.server_id, canonical(row.name)) in until]


def forget(names: Sequence[str], living: Iterable[ServerName]) -> None:
    """Rows that hold one of these names for nobody, or for the server that gets it now."""
    stale = ServerName.objects.filter(name__in=names, held=True)
    stale.exclude(pk__in=[row.pk for row in living]).delete()


def held_until(row: ServerName) -> datetime | None:
    """For a name that only a certificate has."""
    return carried([row.server_id]).get((row.server_id, canonical(row.name)))
