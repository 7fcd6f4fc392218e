"""What people say about servers and workstations, where no agent and no look can say it."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.rollover.open_rollover import locked
from pki.errors import Conflict
from pki.models import Rollover, Server, ServerRollover, Workstation
from pki.models.workstation import ADMITTED


def confirm_server_trust(rollover: Rollover, server: Server, *, actor: Actor) -> ServerRollover:
    """The successor is in the server's trust store: who says so and when is kept.

    Confirmed twice, the first one stays. Raises Conflict ``rollover.ended``.
    """
    with transaction.atomic():
        row = locked(rollover)
        kept, _ = ServerRollover.objects.get_or_create(rollover=row, server=server)
        if kept.trust_confirmed_at is None:
            kept.trust_confirmed_at, kept.trust_confirmed_by = timezone.now(), actor.name[:150]
            kept.save(update_fields=["trust_confirmed_at", "trust_confirmed_by"])
            record(actor, "rollover.trust_confirmed", server, successor=row.successor.common_name)
    return kept


def confirm_server_installed(rollover: Rollover, server: Server, *, actor: Actor) -> ServerRollover:
    """It uses its new certificate, though no look shows it: who says so and when is kept.

    Raises Conflict ``rollover.not_renewed`` while it has none, and ``rollover.ended``.
    """
    with transaction.atomic():
        row = locked(rollover)
        current = Server.objects.select_related("certificate").get(pk=server.pk).certificate
        if current is None or current.authority_id != row.successor_id:
            raise Conflict(
                f"{server} has no certificate of {row.successor} yet, so there is none to install.",
                code="rollover.not_renewed",
            )
        kept, _ = ServerRollover.objects.get_or_create(rollover=row, server=server)
        if kept.installed_at is None:
            kept.installed_at, kept.installed_by = timezone.now(), actor.name[:150]
            kept.save(update_fields=["installed_at", "installed_by"])
            record(actor, "rollover.installed", server, serial_number=current.serial_number)
    return kept


def withdraw_server_trust(rollover: Rollover, server: Server, *, actor: Actor) -> None:
    """What was said of it was a mistake, both of it. Raises Conflict ``rollover.ended``."""
    with transaction.atomic():
        row = locked(rollover)
        said = Q(trust_confirmed_at__isnull=False) | Q(installed_at__isnull=False)
        changed = ServerRollover.objects.filter(said, rollover=row, server=server).update(
            trust_confirmed_at=None, trust_confirmed_by="", installed_at=None, installed_by=""
        )
        if changed:
            record(actor, "rollover.trust_withdrawn", server, successor=row.successor.common_name)


def confirm_silent_workstations(rollover: Rollover, *, actor: Actor) -> int:
    """That those which tell nothing trust the successor, such as by a policy of Windows.

    How many there were. Raises Conflict ``rollover.nobody_silent``.
    """
    with transaction.atomic():
        row = locked(rollover)
        silent = Workstation.objects.filter(state__in=ADMITTED, newest_root=None)
        number = silent.update(newest_root=row.successor)
        if not number:
            raise Conflict(
                "Every workstation says by itself which roots it trusts, so there is nothing to "
                "confirm.",
                code="rollover.nobody_silent",
            )
        record(
            actor,
            "rollover.trust_confirmed",
            row,
            successor=row.successor.common_name,
            workstations=number,
        )
    return number
