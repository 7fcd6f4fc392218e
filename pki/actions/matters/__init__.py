"""What there is to remind of at this moment: one module a subject, `FINDERS` lists them by kind.

A finder reads and changes nothing; what it gives is compared with the open reminders by
`pki.actions.reminding`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from pki.actions.matters import agents, certificates, servers, upkeep
from pki.actions.matters.matter import Matter
from pki.models import ReminderKind

#: Takes the time and the days of the policy.
Finder = Callable[[datetime, Sequence[int]], Iterator[Matter]]

FINDERS: dict[ReminderKind, Finder] = {
    ReminderKind.SERVER: certificates.of_servers,
    ReminderKind.INSTALLATION: servers.not_installed,
    ReminderKind.WORKSTATION: certificates.of_workstations,
    ReminderKind.ROOT: certificates.of_roots,
    ReminderKind.PROBE: servers.failing_probes,
    ReminderKind.REVOCATION_LIST: upkeep.overdue_lists,
    ReminderKind.SILENT: agents.silent,
    ReminderKind.PENDING: agents.pending,
    ReminderKind.BACKUP: upkeep.old_backup,
    ReminderKind.JOB: upkeep.failing_jobs,
    ReminderKind.AUDIT: upkeep.altered_trail,
}
