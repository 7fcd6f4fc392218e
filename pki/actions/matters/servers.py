"""Servers that do not answer with the certificate they were given."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Coalesce

from pki.actions.matters.matter import DAY, Matter, date
from pki.models import Certificate, ProbeState, Server

#: Where nobody looks, nobody can know whether it was installed: told once, and kept so long.
KNOWN_TO_NOBODY = 7 * DAY
#: After the end of the one before, a server that still answers with it is another matter.
STALE_AFTER = 30 * DAY


def not_installed(now: datetime, _days: Sequence[int]) -> Iterator[Matter]:
    """Renewed, and no look has found the new certificate yet.

    Judged row by row: with a condition on the certificate a database without statistics begins
    with the certificates of the whole fleet instead of with the servers.
    """
    rows = Server.objects.order_by().values_list(
        "pk",
        "fqdn",
        "probed",
        "probe_sha256",
        "certificate_id",
        "certificate__sha256",
        "certificate__state",
        "certificate__issued_at",
        "certificate__replaces__not_after",
    )
    for pk, fqdn, probed, seen, certificate_id, sha256, state, issued_at, before in rows.iterator():
        # This host's own is used at once.
        if before is None or seen == sha256 or fqdn == settings.HOST:
            continue
        if state != Certificate.State.ISSUED or before <= now - STALE_AFTER:
            continue
        if not probed and (issued_at is None or issued_at <= now - KNOWN_TO_NOBODY):
            continue
        over = "expired on" if before <= now else "holds until"
        yield Matter(
            key=f"certificate:{certificate_id}",
            label=fqdn,
            url=f"/servers/{pk}/",
            sentence=f"A new certificate for {fqdn} is ready to be installed; the one before "
            f"{over} {date(before)}.",
            ends_at=before,
            server_id=pk,
            first_step="ready",
        )


def failing_probes(now: datetime, days: Sequence[int]) -> Iterator[Matter]:
    """For longer than a short break; an old certificate in use is `not_installed`."""
    rows = (
        Server.objects.annotate(failing_since=Coalesce("probe_state_since", "probed_at"))
        .filter(
            probed=True,
            certificate__isnull=False,
            probe_state__in=[ProbeState.UNREACHABLE, ProbeState.OTHER],
            failing_since__lte=now - max(days, default=0) * DAY,
        )
        .exclude(probe_sha256=F("certificate__sha256"))
        .values_list("pk", "fqdn", "probe_state", "failing_since")
    )
    for pk, fqdn, state, since in rows.iterator():
        what = (
            "has not answered"
            if state == ProbeState.UNREACHABLE
            else "has answered with a certificate that is not its own"
        )
        yield Matter(
            key=f"server:{pk}",
            label=fqdn,
            url=f"/servers/{pk}/",
            sentence=f"{fqdn} {what} since {date(since)}.",
            since=since,
            server_id=pk,
        )
