"""What agents say of themselves from time to time: no decision of anybody, so no audit event."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from pki.actions import statements
from pki.actions.actor import SYSTEM, Actor
from pki.actions.agent_texts import kept_inventory, one_line
from pki.actions.audit import record
from pki.actions.commits import not_waiting_for_the_disk
from pki.models import Workstation

#: A machine that was renamed and named back within it looks like two.
ALTERNATES_WITHIN = timedelta(days=1)
MOST_IDENTITIES = 8


def note_presence(workstation_id: int, address: str | None) -> None:
    """Seen now, from there."""
    with not_waiting_for_the_disk():
        statements.update(
            Workstation, {"last_seen_at": timezone.now(), "address": address}, id=workstation_id
        )


def note_certificate(workstation_id: int, certificate_id: int) -> None:
    """A verified call came with it, so that those before it are superseded from now on."""
    older = Q(shown_certificate=None) | Q(shown_certificate__lt=certificate_id)
    with not_waiting_for_the_disk():
        Workstation.objects.filter(older, pk=workstation_id).update(
            shown_certificate_id=certificate_id
        )


def keep_inventory(
    workstation_id: int,
    *,
    hostname: str,
    os: str,
    agent_version: str,
    inventory: dict[str, Any],
    newest_root: UUID | None = None,
    actor: Actor = SYSTEM,
) -> bool:
    """Whether anything in it was new.

    ``newest_root`` is the newest of our roots it trusts, None where it says nothing of roots:
    then what is known stays.
    """
    hostname = one_line(hostname)
    told: dict[str, Any] = {
        "hostname": hostname,
        "os": one_line(os),
        "agent_version": one_line(agent_version),
        "inventory": kept_inventory(inventory),
    }
    [(*texts, root, kept)] = statements.read(inventory_of, workstation_id)
    # A driver gives JSON as text or as what it says, and so with UUIDs.
    before = [*texts, json.loads(kept) if isinstance(kept, str) else kept]
    same_root = newest_root is None or (root is not None and UUID(str(root)) == newest_root)
    if before == list(told.values()) and same_root:
        return False
    if not same_root:
        told["newest_root_id"] = newest_root
    with not_waiting_for_the_disk():
        note_identity(
            workstation_id, identity(before[0], before[3]), identity(hostname, inventory), actor
        )
        Workstation.objects.filter(pk=workstation_id).update(**told)
    return True


def identity(hostname: str, inventory: Any) -> str:
    """What tells one machine from a copy of it; empty where nothing does.

    The first label only: networks give laptops other domains, and one name in two spellings.
    """
    machine = inventory.get("machine_id") if isinstance(inventory, dict) else None
    name = hostname.lower().partition(".")[0]
    return f"{name} {machine[:64]}" if name and isinstance(machine, str) else name


def note_identity(workstation_id: int, before: str, now: str, actor: Actor) -> None:
    """Flag a workstation that is again what it was before it was something else.

    A renamed machine changes once; two that share a copied certificate take turns.
    """
    if not before or not now or before == now:
        return
    row = Workstation.objects.select_for_update().defer("inventory").get(pk=workstation_id)
    at = timezone.now()
    since = (at - ALTERNATES_WITHIN).isoformat()
    recent = [each for each in row.identities if each["until"] > since]
    if row.alternates_since is None and now in [each["name"] for each in recent]:
        row.alternates_since = at
        record(actor, "workstation.alternates", row, names=[before, now])
    recent.append({"name": before, "until": at.isoformat()})
    row.identities = recent[-MOST_IDENTITIES:]
    row.save(update_fields=["identities", "alternates_since"])


def inventory_of() -> "QuerySet[Workstation, tuple[Any, ...]]":
    columns = ("hostname", "os", "agent_version", "newest_root_id", "inventory")
    return Workstation.objects.filter(pk=0).order_by().values_list(*columns)
