"""How far a rollover has come, in numbers: servers and workstations."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from pki.actions.rollover.cut_off import judged_servers, lacks
from pki.models import Rollover, ServerRollover, Workstation
from pki.models.workstation import ADMITTED


@dataclass(frozen=True)
class Servers:
    #: Those that have a certificate.
    total: int
    #: Somebody says that it trusts the successor; this host does by itself.
    trusting: int
    #: Have nothing of the old root any more.
    renewed: int
    #: And use the new certificate, as a look or a person says.
    in_use: int
    #: Could not be renewed here.
    problems: int
    wave: int


@dataclass(frozen=True)
class Workstations:
    #: Those that are admitted.
    total: int
    #: Told that they trust the successor.
    trusting: int
    #: Told which roots they trust, and it is not among them.
    not_yet: int
    #: Have told nothing: an agent of an older version, or one that has not come since.
    unknown: int
    #: Have a certificate of the successor.
    renewed: int
    wave: int
    #: Of the wave, those that have not come back.
    waiting: int


@dataclass(frozen=True)
class Standing:
    servers: Servers
    workstations: Workstations


def standing(rollover: Rollover) -> Standing:
    return Standing(of_servers(rollover), of_workstations(rollover))


def of_servers(rollover: Rollover) -> Servers:
    rows = lacks(judged_servers(rollover))
    problems = ServerRollover.objects.filter(rollover=rollover).exclude(problem="")
    return Servers(
        total=len(rows),
        trusting=sum(not trust for _, _, trust in rows),
        renewed=sum(not certificate for certificate, _, _ in rows),
        in_use=sum(not certificate and not sight for certificate, sight, _ in rows),
        problems=problems.filter(server__certificate__authority=rollover.old_id).count(),
        wave=rollover.server_wave,
    )


def of_workstations(rollover: Rollover) -> Workstations:
    """From the index of states and roots; only the renewed ones cost a join."""
    admitted = Workstation.objects.filter(state__in=ADMITTED).order_by()
    by_root = dict(admitted.values_list("newest_root").annotate(number=Count("pk")))
    total = sum(by_root.values())
    trusting, unknown = by_root.get(rollover.successor_id, 0), by_root.get(None, 0)
    return Workstations(
        total=total,
        trusting=trusting,
        not_yet=total - trusting - unknown,
        unknown=unknown,
        renewed=admitted.filter(certificate__authority=rollover.successor_id).count(),
        wave=rollover.workstation_wave,
        waiting=waiting(rollover).count() if rollover.workstation_wave_at else 0,
    )


def waiting(rollover: Rollover) -> "QuerySet[Workstation]":
    """Of the wave, those that were asked and have no new certificate."""
    return Workstation.objects.filter(
        ~Q(certificate__authority=rollover.successor_id),
        asked_to_renew_at=rollover.workstation_wave_at,
        state__in=ADMITTED,
    )
