"""Re-issuing in waves: a few servers, then a few hundred workstations, then the next.

A wave is written down before anything in it is done, so that a killed process is followed by
one that finishes it; what was done already is recognised by the certificate it left.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.agent_tasks import assign_task
from pki.actions.audit import record
from pki.actions.confirmations import AS_BEFORE
from pki.actions.rollover.cut_off import (
    counted,
    judged_servers,
    not_seen,
    with_old_certificate,
)
from pki.actions.rollover.standing import waiting
from pki.actions.server_certificates import renew_alike
from pki.errors import CertiflowError, Conflict
from pki.models import (
    AgentTask,
    Certificate,
    Rollover,
    Server,
    ServerRollover,
    TaskState,
    TrustState,
    Workstation,
)
from pki.models.rollover import Stage
from pki.task_kinds.renew_certificate import RENEW_CERTIFICATE

LEASE = timedelta(minutes=5)
#: The servers of the wave are looked at more often than the others.
LOOK_EVERY = timedelta(minutes=5)
#: Agents that have not come back by then do not hold up the others.
WAVE_LASTS = timedelta(hours=1)
#: And are asked again after this.
ASKED_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Stepped:
    """What a step did, for people and for those who count."""

    renewed: int = 0
    refused: int = 0
    asked: int = 0
    #: Of the waves that go on.
    servers_waiting: int = 0
    workstations_waiting: int = 0

    def in_words(self) -> str:
        said = [
            f"{counted(number, noun)} {text}"
            for number, noun, text in (
                (self.renewed, "server", "renewed"),
                (self.refused, "server", "could not be renewed"),
                (self.asked, "workstation", "asked to renew"),
                (self.servers_waiting, "server", "not seen with the new certificate yet"),
                (self.workstations_waiting, "workstation", "not back yet"),
            )
            if number
        ]
        return ", ".join(said) or "Nothing to re-issue"


def step(rollover: Rollover, *, actor: Actor = SYSTEM, next_wave: bool = False) -> Stepped:
    """Go on with the waves, or begin the next ones where the former are through.

    With ``next_wave`` the servers' next one begins though the former was not seen in use.
    Nothing happens before re-issuing, while it is paused, or while somebody else is at it.
    """
    with claimed(rollover) as row:
        if row is None:
            return Stepped()
        renewed, refused = of_servers(row, actor, next_wave)
        asked = of_workstations(row, actor)
        return Stepped(
            renewed=renewed,
            refused=refused,
            asked=asked,
            servers_waiting=unsettled(row).count(),
            workstations_waiting=waiting(row).count() if row.workstation_wave_at else 0,
        )


@contextmanager
def claimed(rollover: Rollover) -> Iterator[Rollover | None]:
    """The rollover while nobody else takes a step; None when none is to be taken."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    wanted = Rollover.objects.filter(free, pk=rollover.pk, stage=Stage.REISSUING, paused=False)
    if not wanted.update(leased_until=now + LEASE):
        yield None
        return
    try:
        yield Rollover.objects.select_related("old", "successor").get(pk=rollover.pk)
    finally:
        Rollover.objects.filter(pk=rollover.pk).update(leased_until=None)


# --- servers ---------------------------------------------------------------------------


def of_servers(row: Rollover, actor: Actor, next_wave: bool) -> tuple[int, int]:
    """How many were renewed, and how many could not be."""
    done = renew_members(row, actor)
    if (next_wave or not unsettled(row).exists()) and begin_server_wave(row, actor):
        more = renew_members(row, actor)
        return done[0] + more[0], done[1] + more[1]
    return done


def renew_members(row: Rollover, actor: Actor) -> tuple[int, int]:
    """Those of the wave that are still to be renewed, such as after a kill."""
    members = ServerRollover.objects.filter(
        rollover=row, wave=row.server_wave, renewed_at=None, problem=""
    ).select_related("server__certificate__private_key")
    renewed = refused = 0
    for member in members.order_by("server__fqdn"):
        problem = renew_member(row, member.server, actor)
        # By its key: what people say of the server meanwhile stays.
        ServerRollover.objects.filter(pk=member.pk).update(
            renewed_at=None if problem else timezone.now(), problem=problem[:500]
        )
        renewed, refused = renewed + (not problem), refused + bool(problem)
    return renewed, refused


def renew_member(row: Rollover, server: Server, actor: Actor) -> str:
    """Why it cannot be renewed here; empty when it has its new certificate."""
    current = server.certificate
    if current is None or current.authority_id != row.old_id:
        return ""
    if current.private_key_id is None and current.source == Certificate.Source.IMPORTED:
        return (
            "Its private key is not kept here, and a new one has to be brought there by hand. "
            "Renew it on its page."
        )
    try:
        renew_alike(server, expected=current, actor=actor, confirmed=AS_BEFORE)
    except CertiflowError as error:
        return error.message
    return ""


def unsettled(row: Rollover) -> "QuerySet[Server]":
    """Of the wave, those with a new certificate that is not known to be in use yet.

    This host uses its own at once. Where nobody looks, somebody has to say that it goes on.
    """
    return Server.objects.filter(not_seen(row), pk__in=renewed_members(row)).exclude(
        fqdn=settings.HOST
    )


def renewed_members(row: Rollover) -> Any:
    members = ServerRollover.objects.filter(rollover=row, wave=row.server_wave)
    return members.filter(renewed_at__isnull=False).values("server")


def to_look_at(row: Rollover) -> "QuerySet[Server]":
    """Of the wave, those that a look now may find in use: not looked at since a few minutes."""
    since = timezone.now() - LOOK_EVERY
    due = Q(probed_at=None) | Q(probed_at__lt=since) | Q(probed_at__lt=F("certificate__issued_at"))
    return Server.objects.filter(not_seen(row), due, pk__in=renewed_members(row))


def begin_server_wave(row: Rollover, actor: Actor) -> bool:
    """Write down who is in the next one; false when there is nobody left."""
    tried = ServerRollover.objects.filter(rollover=row, server=OuterRef("pk")).exclude(problem="")
    with transaction.atomic():
        left = Server.objects.filter(with_old_certificate(row)).exclude(Exists(tried))
        # This host first: then whoever joins by its new root finds it.
        first = sorted(
            left.order_by("fqdn").values_list("pk", "fqdn"),
            key=lambda each: each[1] != settings.HOST,
        )[: row.servers_at_once]
        if not first:
            return False
        row.server_wave, row.server_wave_at = row.server_wave + 1, timezone.now()
        row.save(update_fields=["server_wave", "server_wave_at"])
        for pk, _ in first:
            ServerRollover.objects.update_or_create(
                rollover=row, server_id=pk, defaults={"wave": row.server_wave, "renewed_at": None}
            )
        names = [fqdn for _, fqdn in first]
        record(actor, "rollover.wave", row, wave=row.server_wave, servers=names)
    return True


def try_again(rollover: Rollover, *, actor: Actor) -> int:
    """Forget what stood in the way of servers; how many are tried again in the next wave."""
    with transaction.atomic():
        number = (
            ServerRollover.objects.filter(rollover=rollover, renewed_at=None)
            .exclude(problem="")
            .update(problem="", wave=None)
        )
        record(actor, "rollover.wave", rollover, tried_again=number)
    return number


# --- workstations ----------------------------------------------------------------------


def of_workstations(row: Rollover, actor: Actor) -> int:
    """How many were asked."""
    asked = ask_members(row, actor)
    if row.workstation_wave_at is not None:
        over = timezone.now() - row.workstation_wave_at >= WAVE_LASTS
        if not over and waiting(row).exists():
            return asked
    if judged_servers(row).filter(Q(lacks_trust=True)).exists():
        # There a workstation with a new certificate would be a stranger.
        return asked
    if begin_workstation_wave(row, actor):
        asked += ask_members(row, actor)
    return asked


def begin_workstation_wave(row: Rollover, actor: Actor) -> bool:
    now = timezone.now()
    with transaction.atomic():
        ready = Workstation.objects.filter(
            Q(asked_to_renew_at=None) | Q(asked_to_renew_at__lte=now - ASKED_AGAIN_AFTER),
            state=TrustState.TRUSTED,
            newest_root=row.successor_id,
            certificate__authority=row.old_id,
        )
        # Those never asked before those that did not come back.
        ordered = ready.order_by(F("asked_to_renew_at").asc(nulls_first=True), "pk")
        keys = list(ordered.values_list("pk", flat=True)[: row.workstations_at_once])
        if not keys:
            return False
        row.workstation_wave, row.workstation_wave_at = row.workstation_wave + 1, now
        row.save(update_fields=["workstation_wave", "workstation_wave_at"])
        Workstation.objects.filter(pk__in=keys).update(asked_to_renew_at=now)
        record(actor, "rollover.wave", row, wave=row.workstation_wave, workstations=len(keys))
    return True


def ask_members(row: Rollover, actor: Actor) -> int:
    """Those of the wave that have no task yet, such as after a kill."""
    if row.workstation_wave_at is None:
        return 0
    mine = AgentTask.objects.filter(workstation=OuterRef("pk"), kind=RENEW_CERTIFICATE.name)
    told = Q(created_at__gte=row.workstation_wave_at) | Q(state=TaskState.IDLE)
    asked = 0
    for workstation in (
        waiting(row).filter(~Exists(mine.filter(told)), state=TrustState.TRUSTED).order_by("pk")
    ):
        try:
            assign_task(workstation, RENEW_CERTIFICATE.name, {}, actor=actor)
        except Conflict:
            continue  # Revoked just now, or busy with fifty others: asked again another day.
        asked += 1
    return asked
