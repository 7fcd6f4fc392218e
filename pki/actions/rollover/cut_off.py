"""Who would be cut off if the old root retired now: the servers and workstations, and why."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from pki.models import Certificate, Rollover, Server, ServerRollover, Workstation
from pki.models.workstation import ADMITTED


@dataclass(frozen=True)
class CutOff:
    """How many there are, by what is missing; some lack more than one thing."""

    #: Whose current certificate the old root signed.
    servers_old: int
    #: That have a new certificate and are not known to use it.
    servers_unseen: int
    #: Of which nobody has said that they trust the successor.
    servers_unconfirmed: int
    servers: int
    #: Admitted, without a certificate of the successor.
    workstations_old: int
    #: Admitted, and not known to trust the successor.
    workstations_unknown: int
    workstations: int

    @property
    def total(self) -> int:
        return self.servers + self.workstations

    def in_words(self) -> str:
        told = []
        if self.servers:
            told.append(
                f"{counted(self.servers, 'server')} ({self.servers_old:,} with a certificate of "
                f"the old root, {self.servers_unseen:,} not known to use the new one, "
                f"{self.servers_unconfirmed:,} whose trust in the new root nobody confirmed)"
            )
        if self.workstations:
            told.append(
                f"{counted(self.workstations, 'workstation')} ({self.workstations_old:,} without a "
                f"certificate of the new root, {self.workstations_unknown:,} not known to trust it)"
            )
        return " and ".join(told)


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cut_off(rollover: Rollover) -> CutOff:
    """Five queries, however many there are."""
    servers = lacks(servers_cut_off(rollover))
    # Counted by what they have: that is in indexes, what they lack is not.
    admitted = Workstation.objects.filter(state__in=ADMITTED)
    trusting = Q(newest_root=rollover.successor_id)
    renewed = Q(certificate__authority=rollover.successor_id)
    total = admitted.count()
    return CutOff(
        servers_old=sum(each[0] for each in servers),
        servers_unseen=sum(each[1] for each in servers),
        servers_unconfirmed=sum(each[2] for each in servers),
        servers=len(servers),
        workstations_old=total - admitted.filter(renewed).count(),
        workstations_unknown=total - admitted.filter(trusting).count(),
        workstations=total - admitted.filter(trusting, renewed).count(),
    )


def lacks(servers: "QuerySet[Server]") -> list[tuple[bool, bool, bool]]:
    """Of each judged server: certificate, sight, trust."""
    names = ("lacks_certificate", "lacks_sight", "lacks_trust")
    rows: Any = servers.order_by()
    return [(bool(a), bool(b), bool(c)) for a, b, c in rows.values_list(*names)]


def servers_cut_off(rollover: Rollover) -> "QuerySet[Server]":
    """Each with ``lacks_certificate``, ``lacks_sight`` and ``lacks_trust``."""
    return judged_servers(rollover).filter(
        Q(lacks_certificate=True) | Q(lacks_sight=True) | Q(lacks_trust=True)
    )


def judged_servers(rollover: Rollover) -> "QuerySet[Server]":
    """Every server that has a certificate, with what it lacks."""
    mine = ServerRollover.objects.filter(rollover=rollover, server=OuterRef("pk"))
    confirmed = Exists(mine.filter(trust_confirmed_at__isnull=False))
    return Server.objects.filter(certificate__isnull=False).annotate(
        lacks_certificate=Exists(
            Server.objects.filter(with_old_certificate(rollover), pk=OuterRef("pk"))
        ),
        lacks_sight=Exists(Server.objects.filter(not_seen(rollover), pk=OuterRef("pk"))),
        # This host's own site trusts both, as soon as there are two.
        lacks_trust=~confirmed & ~Q(fqdn=settings.HOST),
    )


def with_old_certificate(rollover: Rollover) -> Q:
    """And it is still good: who is cut off already cannot be cut off any more."""
    return Q(
        certificate__authority=rollover.old_id,
        certificate__state=Certificate.State.ISSUED,
        certificate__not_after__gt=timezone.now(),
    )


def not_seen(rollover: Rollover) -> Q:
    """Has a new certificate, and neither the last look nor a person says that it uses it.

    This host uses its own at once; that nobody looks there is no reason to ask.
    """
    unwatched = Q(probed=False) | Q(probe_address="", fqdn__startswith="*")
    seen = Q(probe_sha256=F("certificate__sha256"))
    said = ServerRollover.objects.filter(
        rollover=rollover, server=OuterRef("pk"), installed_at__isnull=False
    )
    new = Q(certificate__authority=rollover.successor_id)
    return new & ~seen & ~(unwatched & Q(fqdn=settings.HOST)) & ~Q(Exists(said))


def workstations_cut_off(rollover: Rollover) -> "QuerySet[Workstation]":
    admitted = Workstation.objects.filter(state__in=ADMITTED)
    return admitted.filter(without_new_certificate(rollover) | not_trusting(rollover))


def without_new_certificate(rollover: Rollover) -> Q:
    return Q(certificate=None) | ~Q(certificate__authority=rollover.successor_id)


def not_trusting(rollover: Rollover) -> Q:
    return Q(newest_root=None) | ~Q(newest_root=rollover.successor_id)
