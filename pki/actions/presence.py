"""What agents say of themselves from time to time: no decision of anybody, so no audit event."""

import json
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from pki.actions import statements
from pki.actions.commits import not_waiting_for_the_disk
from pki.models import Workstation


def note_presence(workstation_id: int, address: str | None) -> None:
    """Seen now, from there."""
    with not_waiting_for_the_disk():
        statements.update(
            Workstation, {"last_seen_at": timezone.now(), "address": address}, id=workstation_id
        )


def keep_inventory(
    workstation_id: int,
    *,
    hostname: str,
    os: str,
    agent_version: str,
    inventory: dict[str, Any],
    newest_root: UUID | None = None,
) -> bool:
    """Whether anything in it was new.

    ``newest_root`` is the newest of our roots it trusts, None where it says nothing of roots:
    then what is known stays.
    """
    told: dict[str, Any] = {
        "hostname": hostname,
        "os": os,
        "agent_version": agent_version,
        "inventory": inventory,
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
        Workstation.objects.filter(pk=workstation_id).update(**told)
    return True


def inventory_of() -> "QuerySet[Workstation, tuple[Any, ...]]":
    columns = ("hostname", "os", "agent_version", "newest_root_id", "inventory")
    return Workstation.objects.filter(pk=0).order_by().values_list(*columns)
