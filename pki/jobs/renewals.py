"""Servers' certificates that are renewed by themselves."""

from datetime import timedelta

from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.automatic_renewal import renew_due
from pki.errors import Conflict
from pki.jobs.kind import Kind


def work() -> str:
    done = list(renew_due(timezone.now(), actor=SYSTEM))
    failed = [f"{each.server}: {each.reason}" for each in done if each.certificate is None]
    if failed:
        raise Conflict(" ".join(failed), code="renewal.failed")
    names = ", ".join(str(each.server) for each in done)
    return f"Renewed: {names}" if names else "None is due"


KIND = Kind(
    "renewals",
    "Automatic renewal",
    "Renews the certificates of servers that are to be renewed by themselves.",
    timedelta(hours=1),
    work,
)
