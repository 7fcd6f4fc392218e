"""How much would be lost if this machine were lost now."""

from collections.abc import Iterator

from django.utils import timezone

from pki.actions.backups import OVERDUE, last_backup
from pki.management.diagnosis.finding import Finding, ok, warn
from pki.models import Authority

BACKUP = "Backup"
WAY_OUT = "Run “certiflow backup FILE”, best every night, and keep the file on another machine."


def findings() -> Iterator[Finding]:
    last = last_backup()
    if last is None:
        # There is nothing to lose yet.
        if Authority.objects.exists():
            yield warn(
                BACKUP, "There has never been one: with this machine the root is lost.", WAY_OUT
            )
        return
    detail = f"The last one is of {last.at:%Y-%m-%d %H:%M} UTC, by {last.made_by}."
    late = timezone.now() - last.at > OVERDUE
    yield warn(BACKUP, detail, WAY_OUT) if late else ok(BACKUP, detail)
