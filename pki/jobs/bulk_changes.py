"""Decisions about many workstations whose page nobody has open any more."""

from datetime import timedelta

from django.utils import timezone

from pki.actions import bulk_changes
from pki.actions.actor import Actor
from pki.jobs.kind import Kind
from pki.models import BulkChange

#: Of a run; the next one is a minute later.
SECONDS = 20.0


def work() -> str:
    """In the name of whoever started the change."""
    left = list(bulk_changes.left_behind(timezone.now())[:5])
    for change in left:
        actor = Actor(name=change.created_by, door="system")
        bulk_changes.step(change, actor=actor, seconds=SECONDS / len(left))
    done = BulkChange.objects.filter(pk__in=[each.pk for each in left], finished_at__isnull=False)
    return f"{len(left)} taken up, {done.count()} finished" if left else "Nothing was left"


KIND = Kind(
    "bulk-changes",
    "Changes of many workstations",
    "Goes on with changes whose page was closed before they were finished.",
    timedelta(minutes=1),
    work,
)
