"""What runs by the clock; a job is one file, and `KINDS` is the list of them."""

from pki.jobs import (
    bulk_changes,
    probes,
    publication,
    renewals,
    rollover,
    tidying,
    unfinished,
)
from pki.jobs.kind import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        renewals.KIND,
        rollover.KIND,
        publication.KIND,
        probes.KIND,
        unfinished.KIND,
        bulk_changes.KIND,
        tidying.KIND,
    )
}
