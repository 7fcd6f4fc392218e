"""What runs by the clock; a job is one file, and `KINDS` is the list of them."""

from pki.jobs import (
    audit,
    bulk_changes,
    counted_events,
    deliveries,
    probes,
    publication,
    reminders,
    renewals,
    rollover,
    tidying,
    unfinished,
)
from pki.jobs.kind import Kind

#: In the order in which they run when several are due: nobody is reminded of what renews itself
#: in the same minute, and what is to be told leaves with the messages of that minute.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        renewals.KIND,
        rollover.KIND,
        publication.KIND,
        probes.KIND,
        audit.SEALING,
        audit.VERIFICATION,
        reminders.KIND,
        unfinished.KIND,
        bulk_changes.KIND,
        counted_events.KIND,
        deliveries.KIND,
        tidying.KIND,
    )
}
