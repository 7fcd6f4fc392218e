"""The installation itself: what was left unfinished, and who looks after it."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from pki.actions.backups import OVERDUE, last_backup
from pki.actions.issuance import ABANDONED_AFTER
from pki.actions.name_policy import current_name_policy, not_accepted
from pki.dashboard.overview.chores.chore import Chore
from pki.models import AuditVerification, Authority, Certificate, Role, User


def installation(now: datetime) -> Iterator[Chore]:
    stale = Certificate.objects.filter(
        state=Certificate.State.PREPARED, created_at__lt=now - ABANDONED_AFTER
    ).count()
    if stale:
        yield Chore(
            "soon",
            f"{stale} certificates were begun and not finished",
            "A process was stopped in between. Nobody received them; the next start closes them.",
            f"{reverse('certificate-list')}?state=prepared",
            "Show them",
        )
    if User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count() == 1:
        yield Chore(
            "soon",
            "There is only one administrator",
            "If that password is lost, nobody can set a new one here. Add a second person.",
            reverse("settings-users"),
            "Add someone",
        )
    yield from name_policy()
    yield from backup(now)


def name_policy() -> Iterator[Chore]:
    policy = current_name_policy()
    if policy.is_open:
        yield Chore(
            "soon",
            "Certificates may be issued for every name",
            "Permit only your own domains and networks, so that nobody gets a certificate for a "
            "name that is not yours.",
            reverse("settings-names"),
            "Set the name policy",
        )
        return
    left = not_accepted(policy)
    if left:
        servers = str(left[0]) if len(left) == 1 else f"{len(left):,} servers"
        yield Chore(
            "bad",
            f"Outside the name policy: {servers}",
            "No administrator has accepted these names, so that automatic renewal and the waves "
            "of a new root refuse them.",
            reverse("settings-names"),
            "Open the name policy",
        )


def altered_trail() -> Iterator[Chore]:
    for found in AuditVerification.objects.exclude(fault=""):
        yield Chore(
            "bad",
            "The audit trail was altered",
            f"{found.fault} Keep a copy of the database and find out who could write to it.",
            reverse("audit-list"),
            "Open the audit trail",
        )


def backup(now: datetime) -> Iterator[Chore]:
    """Of a root that is in no backup nobody has a second copy."""
    last = last_backup()
    first = Authority.objects.order_by("created_at").first()
    if first is None or now - (last.at if last else first.created_at) < OVERDUE:
        return
    yield Chore(
        "soon",
        f"The last backup is of {last.at:%Y-%m-%d}" if last else "There has never been a backup",
        "Run “certiflow backup FILE” on this host, best every night by cron, and keep the file "
        "elsewhere.",
        reverse("settings"),
        "Look at it",
    )
