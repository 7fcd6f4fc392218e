"""What the product's database says, for those who look at the world outside."""

from collections import Counter
from typing import Any

from django.db.models import Count
from django.utils import timezone

from pki.actions.certificate_row import chain_of, parsed
from pki.actions.stored_keys import open_key
from pki.models import (
    AuditEvent,
    Authority,
    Certificate,
    Clock,
    RevocationList,
    Rollover,
    Server,
    ServerRollover,
    Workstation,
)
from pki.models.workstation import ADMITTED
from pki.x509 import bundles, keys


def read(after_event: int) -> dict[str, Any]:
    """As it stands now, and what happened since that line of the audit trail."""
    now = timezone.now()
    events = AuditEvent.objects.filter(pk__gt=after_event)
    renewals = Certificate.objects.filter(profile="server", replaces__isnull=False)
    valid = Certificate.objects.filter(state=Certificate.State.ISSUED, not_after__gt=now)
    clock = Clock.objects.get()
    return {
        "servers": {server.fqdn: of_server(server) for server in servers()},
        "valid": dict(valid.order_by().values_list("profile").annotate(Count("pk"))),
        "workstations": dict(
            Workstation.objects.order_by().values_list("state").annotate(Count("pk"))
        ),
        "seen": {agent: at.isoformat() for agent, at in seen()},
        "authorities": [of_authority(row) for row in authorities()],
        "replacement": of_replacement(),
        "under_newest": under_newest(),
        "given_up": given_up(),
        "revoked": {row.sha256: bundles.pem(parsed(row)).decode() for row in revoked()},
        "server_renewals": renewals.count(),
        "responders": Certificate.objects.filter(profile="ocsp-responder").count(),
        "events": dict(Counter(events.order_by().values_list("event", flat=True))),
        "last_event": AuditEvent.objects.values_list("pk", flat=True).first() or 0,
        "clock": clock.ticked_at.isoformat(),
    }


def servers() -> Any:
    return Server.objects.select_related("certificate")


def of_server(server: Server) -> dict[str, Any]:
    current = server.certificate
    assert current is not None
    return {
        "automatic": server.renew_days_ahead is not None,
        "sha256": current.sha256,
        "serial": current.serial_number,
        "state": current.state,
        "not_after": current.not_after.isoformat(),
        "usage": server.usage,
    }


def seen() -> Any:
    """When each workstation that is trusted came by last."""
    rows = Workstation.objects.filter(state="trusted", last_seen_at__isnull=False)
    return rows.order_by().values_list("agent_id", "last_seen_at")


def revoked() -> Any:
    return Certificate.objects.filter(state=Certificate.State.REVOKED)


def authorities() -> Any:
    return Authority.objects.select_related("certificate").order_by("created_at")


def of_authority(row: Authority) -> dict[str, Any]:
    numbers = RevocationList.objects.filter(pk=row.pk).values_list("number", flat=True)
    return {
        "id": str(row.pk),
        "active": row.active,
        "retired": row.retired_at is not None,
        "pem": bundles.pem(parsed(row.certificate)).decode(),
        "sha256": row.certificate.sha256,
        "list_number": numbers.first() or 0,
    }


def under_newest() -> dict[str, int]:
    """Certificates in use that a successor has signed, by their profile."""
    signed = Certificate.objects.filter(authority__rollover_to__isnull=False)
    return {
        "server": signed.filter(current_for__isnull=False).count(),
        "workstation": signed.filter(
            current_for_agent__state__in=ADMITTED, state=Certificate.State.ISSUED
        ).count(),
    }


def of_replacement() -> dict[str, int] | None:
    """While the root is being replaced: how many servers may not know the successor yet."""
    rollover = Rollover.objects.filter(is_open=True).first()
    if rollover is None:
        return None
    confirmed = ServerRollover.objects.filter(
        rollover=rollover, trust_confirmed_at__isnull=False
    ).count()
    return {"unconfirmed": Server.objects.count() - confirmed}


def given_up() -> list[str]:
    """Agents that were revoked, and have not registered again since."""
    rows = Workstation.objects.order_by().values_list("agent_id", "state")
    found = {agent: state for agent, state in rows if state == "revoked"}
    return sorted(found.keys() - {agent for agent, state in rows if state != "revoked"})


def files(fqdn: str) -> dict[str, str]:
    """What a person downloads to install it: chain and key, PEM."""
    row = Certificate.objects.select_related("private_key", "authority__certificate").get(
        current_for__fqdn=fqdn
    )
    assert row.private_key is not None
    return {
        "sha256": row.sha256,
        "chain": bundles.chain_pem([parsed(row), *chain_of(row)]).decode(),
        "key": keys.to_pem(open_key(row.private_key)).decode(),
        "authority": str(row.authority_id),
    }
