"""The root, this host's certificate, those that end soon, and what a crash left behind."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from pki.actions.certificate_row import parsed
from pki.actions.close_unfinished import unfinished
from pki.actions.host_certificate import host_problem
from pki.actions.rollover.open_rollover import open_rollover
from pki.actions.setup_code import has_administrator
from pki.errors import CertiflowError
from pki.management.diagnosis.finding import Finding, mend, ok, warn
from pki.models import Authority, Certificate, Server
from pki.models.certificate import EXPIRING
from pki.x509 import checks

#: A root takes longer to replace than a certificate: everyone has to trust the new one.
ROOT_EXPIRING = timedelta(days=825)
ROOT = "Root"
HOST = "This host"
ENDING = "Server certificates"


def findings() -> Iterator[Finding]:
    now = timezone.now()
    yield administrator()
    yield root(now)
    yield this_host(now)
    yield ending(now)
    yield from left_over()


def administrator() -> Finding:
    if has_administrator():
        return ok("Administrator", "There is one who can sign in.")
    return mend(
        "Administrator",
        "There is none who can sign in.",
        "Run “certiflow setup --admin NAME --password-stdin”, or “certiflow up” and open the "
        "dashboard with the set-up code.",
    )


def root(now: datetime) -> Finding:
    authority = Authority.objects.filter(active=True).select_related("certificate").first()
    if authority is None:
        return mend(
            ROOT,
            "There is none, so nothing can be issued.",
            "Run “certiflow setup”, or create or import one in the dashboard.",
        )
    try:
        checks.check_authority(parsed(authority.certificate), now=now)
    except CertiflowError as error:
        return mend(ROOT, error.message, "Nothing that is issued now would be accepted.")
    until = f"“{authority}” is valid to {authority.certificate.not_after:%Y-%m-%d}"
    rollover = open_rollover()
    if rollover is not None:
        stage = rollover.get_stage_display().lower()
        return ok(ROOT, f"{until}. {rollover.old} is being replaced: {stage}.")
    if authority.certificate.time_left(now) < ROOT_EXPIRING:
        return warn(
            ROOT,
            f"{until}, so certificates can no longer be issued for as long as the longest allowed.",
            "Replace it in the dashboard under Authorities, Replace this root.",
        )
    return ok(ROOT, f"{until}.")


def this_host(now: datetime) -> Finding:
    server = Server.objects.filter(fqdn=settings.HOST).select_related("certificate").first()
    row = server.certificate if server else None
    renewing = f"Run “certiflow renew --server {settings.HOST} --key-type rsa-2048”."
    if row is None:
        return mend(
            HOST,
            f"{settings.HOST} has no certificate, so browsers warn of the dashboard.",
            f"Run “certiflow issue --server {settings.HOST}”; if it is called otherwise, set "
            "CERTIFLOW_HOST.",
        )
    if row.private_key_id is None:
        return mend(
            HOST,
            f"The private key of {settings.HOST} is not kept here, so the dashboard cannot answer "
            "with its certificate.",
            renewing,
        )
    condition = row.condition(now)
    problem = host_problem() if condition in {"valid", "expiring"} else ""
    if problem:
        return mend(HOST, f"{problem} Both sites answer with an earlier one.", renewing)
    if condition in {"valid", "expiring"}:
        detail = f"The certificate of {settings.HOST} is valid to {row.not_after:%Y-%m-%d}."
        return warn(HOST, detail, renewing) if condition == "expiring" else ok(HOST, detail)
    return mend(HOST, f"The certificate of {settings.HOST} is {condition}.", renewing)


def ending(now: datetime) -> Finding:
    """Of the certificates that servers use now, this host's apart."""
    in_use = Certificate.objects.filter(current_for__isnull=False).exclude(
        current_for__fqdn=settings.HOST
    )
    issued = Q(state=Certificate.State.ISSUED)
    ended = in_use.filter(issued & Q(not_after__lte=now)).count()
    revoked = in_use.filter(state=Certificate.State.REVOKED).count()
    soon = in_use.filter(issued & Q(not_after__gt=now, not_after__lte=now + EXPIRING)).count()
    days = EXPIRING.days
    counts = {f"ending within {days} days": soon, "ended": ended, "revoked": revoked}
    told = [f"{text}: {count:,}" for text, count in counts.items() if count]
    if not told:
        return ok(ENDING, f"None ends within {days} days.")
    return warn(
        ENDING,
        f"Of those in use, {', '.join(told)}.",
        f"“certiflow certificates --expiring {days}” lists those that end; “certiflow renew "
        "--server FQDN” replaces one.",
    )


def left_over() -> Iterator[Finding]:
    rows = unfinished()
    if rows:
        named = ", ".join(f"{row.common_name} {row.serial_number}" for row in rows[:5])
        yield warn(
            "Unfinished certificates",
            f"{len(rows)} were being issued when a process ended: {named}. Nobody received them.",
            "They are closed at the next start of “certiflow up”, or when their server gets its "
            "next certificate.",
        )
