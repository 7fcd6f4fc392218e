"""The server a certificate is reserved for: still as it was, and allowed to have these names."""

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from pki.actions import statements
from pki.actions.actor import Actor
from pki.actions.confirmations import Confirmations
from pki.actions.name_policy import policy_of
from pki.actions.name_rules import CertifiedKey, Wanted, check_issuing
from pki.errors import Conflict
from pki.models import AuditEvent, Certificate, NamePolicy, Server, ServerName


def check_server(
    server: Server,
    *,
    names: Sequence[str],
    key: CertifiedKey,
    replaces: Certificate | None,
    actor: Actor,
    confirmed: Confirmations,
) -> None:
    """Inside the transaction that reserves the certificate; locks the server until its end.

    Raises Conflict ``server.changed`` or ``server.names_changed`` and what `check_issuing` does.
    """
    rows = statements.read(locked_server, server.pk)
    if not rows or rows[0][0] != (replaces and replaces.pk):
        raise replaced_meanwhile(Server.objects.get(pk=server.pk))
    _, additional_names, permitted, claims, shared = rows[0]
    if [server.fqdn, *json.loads(additional_names)] != list(names):
        raise Conflict(
            f"The names of {server.fqdn} were changed meanwhile, so nothing was issued. Look at "
            "them and try again.",
            code="server.names_changed",
        )
    wanted = Wanted(
        server=server,
        names=names,
        key=key,
        policy=policy_of(permitted or "[]"),
        claims=claims or 0,
        shares=bool(shared),
    )
    check_issuing(wanted, actor=actor, confirmed=confirmed)


def locked_server() -> "QuerySet[Server, tuple[Any, ...]]":
    """What issuing has to know of a server and of the name policy, in one query."""
    rows = ServerName.objects.filter(server=OuterRef("pk"), held=False)
    claims = rows.order_by().values("server")
    return (
        Server.objects.select_for_update()
        .filter(pk=0)
        .order_by()
        .values_list(
            "certificate_id",
            "additional_names",
            Subquery(NamePolicy.objects.order_by().values("permitted")[:1]),
            Subquery(claims.annotate(number=Count("pk")).values("number")),
            Subquery(claims.filter(shared=True).annotate(number=Count("pk")).values("number")),
        )
    )


def replaced_meanwhile(server: Server) -> Conflict:
    newest = server.certificate
    # Its oldest event: those who revoked or exported it later did not give it.
    event = AuditEvent.objects.filter(
        object_type="certificate", object_id=str(newest.pk if newest else "")
    ).last()
    who = event.actor if event else "Someone"
    when = timezone.localtime(event.at).strftime("%H:%M:%S") if event else "just now"
    return Conflict(
        f"{who} gave {server.fqdn} a new certificate at {when}, while you were looking at the one "
        "before. Look at the new one first; nothing was issued for you.",
        code="server.changed",
    )
