"""Certificates in use that near their end: of servers, of workstations, and the roots."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pki.actions.matters.matter import DAY, Matter, ending, horizon
from pki.models import Authority, Certificate, Server, Workstation
from pki.models.workstation import ADMITTED


def of_servers(now: datetime, days: Sequence[int]) -> Iterator[Matter]:
    rows = Server.objects.filter(
        certificate__state=Certificate.State.ISSUED,
        certificate__not_after__lte=horizon(now, days),
    ).values_list("pk", "fqdn", "renew_days_ahead", "certificate_id", "certificate__not_after")
    for pk, fqdn, renew_days_ahead, certificate_id, not_after in rows.iterator():
        if renew_days_ahead is not None and now < not_after - (renew_days_ahead - 1) * DAY:
            # It is renewed by itself in time; from a day after that on it evidently was not.
            continue
        yield Matter(
            key=f"certificate:{certificate_id}",
            label=fqdn,
            url=f"/servers/{pk}/",
            sentence=f"The certificate of {fqdn} {ending(not_after, now)}.",
            ends_at=not_after,
            server_id=pk,
        )


def of_workstations(now: datetime, days: Sequence[int]) -> Iterator[Matter]:
    rows = Workstation.objects.filter(
        state__in=ADMITTED,
        certificate__state=Certificate.State.ISSUED,
        certificate__not_after__lte=horizon(now, days),
    ).values_list("pk", "name", "certificate_id", "certificate__not_after")
    for pk, name, certificate_id, not_after in rows.iterator():
        yield Matter(
            key=f"certificate:{certificate_id}",
            label=name,
            url=f"/workstations/{pk}/",
            sentence=f"The certificate of {name} {ending(not_after, now)}; its agent did not "
            "renew it.",
            ends_at=not_after,
        )


def of_roots(now: datetime, days: Sequence[int]) -> Iterator[Matter]:
    rows = Authority.objects.filter(certificate__not_after__lte=horizon(now, days))
    for pk, name, not_after in rows.values_list("pk", "common_name", "certificate__not_after"):
        yield Matter(
            key=f"authority:{pk}",
            label=name,
            url=f"/authorities/{pk}/",
            sentence=f"The root {name} {ending(not_after, now)}.",
            ends_at=not_after,
        )
