"""What runs by the clock; a job is one file, and `KINDS` is the list of them."""

from pki.jobs import (
    bulk_changes,
    deliveries,
    probes,
    publication,
    reminders,
    renewals,
    tidying,
    unfinished,
)
from pki.jobs.kind import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        renewals.KIND,
        publication.KIND,
        probes.KIND,
        reminders.KIND,
        unfinished.KIND,
        bulk_changes.KIND,
        deliveries.KIND,
        tidying.KIND,
    )
}
