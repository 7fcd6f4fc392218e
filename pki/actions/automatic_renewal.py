"""Renewing servers' certificates so many days ahead, where that is wanted.

The new certificate is there for download, and this host's own is used at once; elsewhere it
has to be installed, which probes watch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.confirmations import AS_BEFORE, NOTHING
from pki.actions.name_rules import check_entry
from pki.actions.server_certificates import renew_alike
from pki.errors import CertiflowError, InvalidInput
from pki.models import Certificate, Server

#: A certificate is not renewed earlier than this: half of what browsers take.
MOST_DAYS = 198


def set_renewal(server: Server, *, days: int | None, same_key: bool, actor: Actor) -> Server:
    """``days`` before the end of validity, None for never. Raises InvalidInput on ``days``."""
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidInput(
            f"Enter 1 to {MOST_DAYS} days, or leave it empty to renew by hand. 30 days leave time "
            "to install the new certificate.",
            code="renewal.days",
            field="days",
        )
    check_entry(server, actor, NOTHING)
    with transaction.atomic():
        row = Server.objects.select_for_update().get(pk=server.pk)
        row.renew_days_ahead, row.renew_same_key = days, same_key
        row.save(update_fields=["renew_days_ahead", "renew_same_key"])
        record(actor, "server.renewal_changed", row, days=days, same_key=same_key)
    return row


@dataclass(frozen=True)
class Renewal:
    server: Server
    #: None: it did not work; ``reason`` says why.
    certificate: Certificate | None
    reason: str = ""


def renew_due(now: datetime, *, actor: Actor) -> Iterator[Renewal]:
    """Renew every server whose time has come; one that cannot be renewed stops no other."""
    for server, current in due(now):
        try:
            renewed = renew_alike(server, expected=current, actor=actor, confirmed=AS_BEFORE)
            yield Renewal(server, renewed)
        except CertiflowError as error:
            yield Renewal(server, None, error.message)


def due(now: datetime) -> Iterator[tuple[Server, Certificate]]:
    servers = Server.objects.filter(
        renew_days_ahead__isnull=False,
        certificate__state=Certificate.State.ISSUED,
        certificate__not_after__lt=now + timedelta(days=MOST_DAYS),
    ).select_related("certificate__private_key")
    for server in servers:
        days, current = server.renew_days_ahead, server.certificate
        if days is None or current is None:
            continue
        if current.not_after - now < timedelta(days=days):
            yield server, current


def next_renewal(server: Server) -> datetime | None:
    """When its current certificate is renewed by itself."""
    if server.renew_days_ahead is None or server.certificate is None:
        return None
    if server.certificate.state != Certificate.State.ISSUED:
        return None
    at = server.certificate.not_after - timedelta(days=server.renew_days_ahead)
    return max(at, timezone.now())
