"""One decision about many workstations: previewed, then carried out step by step.

Each workstation is changed by its own action, with its own transaction and audit event; a
step does as many as fit into its time. Whoever watches drives the steps, so a change can be
left and taken up again, by a colleague too.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pki.actions.actor import Actor
from pki.actions.agent_tasks import assign_task
from pki.actions.audit import record
from pki.actions.trust import (
    approve,
    checked_reason,
    deny,
    reinstate_without_code,
    revoke_workstation,
)
from pki.actions.workstations import checked_tags, tag_workstations
from pki.errors import Conflict, InvalidInput
from pki.models import BulkChange, TrustState, Workstation
from pki.models.bulk_change import Verb
from pki.models.workstation import TRANSITIONS
from pki.task_kinds import by_name

#: Workstations in one change.
MOST = 200_000
#: Progress is kept after so many: what a killed process did beyond that is done twice, which
#: the second time is refused in words.
KEEP_AFTER = 20
MOST_REFUSALS_KEPT = 50
LEASE = timedelta(seconds=30)
#: A change that somebody watches makes a step more often than this.
LEFT_AFTER = timedelta(minutes=1)
#: Keys in one statement.
AT_ONCE = 5_000

#: What takes back what a verb did, as far as the state machine allows.
OPPOSITE = {
    Verb.APPROVE: Verb.REVOKE,
    Verb.DENY: Verb.APPROVE,
    Verb.REVOKE: Verb.REINSTATE,
    Verb.REINSTATE: Verb.REVOKE,
    Verb.TAG: Verb.UNTAG,
    Verb.UNTAG: Verb.TAG,
}


def prepare(
    verb: str,
    workstations: Sequence[int],
    *,
    actor: Actor,
    parameters: Mapping[str, object] | None = None,
    undoes: BulkChange | None = None,
) -> BulkChange:
    """A change to look at; nothing is changed yet. Raises InvalidInput ``bulk.…``."""
    if verb not in Verb.values:
        raise InvalidInput("Choose what to do.", code="bulk.verb", field="verb")
    if not workstations:
        raise InvalidInput(
            "Select the workstations first, or tick “All that match”.",
            code="bulk.none",
            field="selected",
        )
    if len(workstations) > MOST:
        raise InvalidInput(
            f"{len(workstations):,} workstations are more than one change can hold ({MOST:,}). "
            "Narrow the list with its filters.",
            code="bulk.too_many",
            field="selected",
        )
    return BulkChange.objects.create(
        verb=verb,
        workstations=list(workstations),
        parameters=dict(parameters or {}),
        undoes=undoes,
        created_by=actor.name[:150],
    )


def sources(verb: str) -> frozenset[TrustState]:
    """The states in which the verb does something."""
    if verb in TRANSITIONS:
        return TRANSITIONS[verb].sources
    return frozenset({TrustState.TRUSTED}) if verb == Verb.TASK else frozenset(TrustState)


def states(change: BulkChange) -> dict[TrustState, int]:
    """How many of its workstations are in each state now."""
    found: Counter[str] = Counter()
    for keys in chunks(change.workstations, AT_ONCE):
        found.update(
            Workstation.objects.filter(pk__in=keys).order_by().values_list("state", flat=True)
        )
    return {state: found[state] for state in TrustState if found[state]}


def start(change: BulkChange, parameters: Mapping[str, object], *, actor: Actor) -> BulkChange:
    """From now on steps change something.

    Raises InvalidInput on ``reason``, ``tag`` or a parameter of the task, and Conflict
    ``bulk.started`` when someone was faster.
    """
    checked = checked_parameters(change.verb, parameters)
    with transaction.atomic():
        row = BulkChange.objects.select_for_update().get(pk=change.pk)
        if row.started_at is not None:
            raise Conflict("This change was started already.", code="bulk.started")
        row.parameters, row.started_at = checked, timezone.now()
        row.save(update_fields=["parameters", "started_at"])
        record(actor, "bulk.started", row, verb=row.verb, workstations=row.total, **checked)
    return row


def checked_parameters(verb: str, given: Mapping[str, object]) -> dict[str, object]:
    if verb in TRANSITIONS:
        reason = checked_reason(TRANSITIONS[verb], str(given.get("reason", "")))
        extra = {"revocation_reason": given["revocation_reason"]} if verb == Verb.REVOKE else {}
        return {"reason": reason, **extra}
    if verb == Verb.TASK:
        kind = by_name(str(given["kind"]))
        asked = given.get("parameters")
        return {
            "kind": kind.name,
            "parameters": kind.checked(asked if isinstance(asked, Mapping) else {}),
        }
    [tag] = checked_tags([str(given.get("tag", ""))]) or [""]
    if not tag:
        raise InvalidInput("Enter a tag.", code="tag.missing", field="tag")
    return {"tag": tag}


def step(change: BulkChange, *, actor: Actor, seconds: float = 1.0) -> BulkChange:
    """Go on for about ``seconds``, unless somebody else is at it; the change as it is then."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    claimed = BulkChange.objects.filter(
        free, pk=change.pk, started_at__isnull=False, finished_at=None
    ).update(leased_until=now + LEASE)
    row = BulkChange.objects.get(pk=change.pk)
    if not claimed:
        return row
    until = time.monotonic() + seconds
    try:
        while row.position < row.total and time.monotonic() < until:
            go_on(row, actor)
    finally:
        BulkChange.objects.filter(pk=row.pk).update(leased_until=None)
    if row.position >= row.total:
        finish(row, actor)
    return row


def go_on(row: BulkChange, actor: Actor) -> None:
    """The next few, and what came of them."""
    keys = row.workstations[row.position : row.position + KEEP_AFTER]
    found = Workstation.objects.in_bulk(keys)
    for key in keys:
        try:
            if key not in found:
                raise Conflict("A workstation is gone.", code="workstation.gone")
            change_one(row, found[key], actor)
        except Conflict as error:
            row.refused += 1
            if len(row.refusals) < MOST_REFUSALS_KEPT:
                row.refusals.append(error.message)
        else:
            row.changed.append(key)
    row.position += len(keys)
    row.leased_until = timezone.now() + LEASE
    row.save(update_fields=["position", "changed", "refused", "refusals", "leased_until"])


def change_one(row: BulkChange, workstation: Workstation, actor: Actor) -> None:
    told = row.parameters
    if row.verb == Verb.TASK:
        assign_task(workstation, told["kind"], told["parameters"], actor=actor)
    elif row.verb in {Verb.TAG, Verb.UNTAG}:
        tag_workstations([workstation], told["tag"], actor=actor, remove=row.verb == Verb.UNTAG)
    else:
        decisions: dict[str, Callable[..., Workstation]] = {
            Verb.APPROVE: approve,
            Verb.DENY: deny,
            # Nobody would write hundreds of one-time codes down: each new key is compared.
            Verb.REINSTATE: reinstate_without_code,
            Verb.REVOKE: partial(
                revoke_workstation, revocation_reason=told.get("revocation_reason", "")
            ),
        }
        decisions[row.verb](workstation, actor=actor, reason=told["reason"])


def finish(row: BulkChange, actor: Actor) -> None:
    with transaction.atomic():
        row.finished_at = timezone.now()
        row.leased_until = None
        if BulkChange.objects.filter(pk=row.pk, finished_at=None).update(
            finished_at=row.finished_at, leased_until=None
        ):
            record(
                actor,
                "bulk.finished",
                row,
                verb=row.verb,
                changed=len(row.changed),
                refused=row.refused,
            )


def left_behind(now: datetime) -> "QuerySet[BulkChange]":
    """Started, not finished, and nobody has been at it for a while: the oldest first."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    started = BulkChange.objects.filter(started_at__lt=now - LEFT_AFTER, finished_at=None)
    return started.filter(free).order_by("started_at")


def undo(change: BulkChange, *, actor: Actor) -> BulkChange:
    """The opposite for all that did change, to look at first.

    Raises Conflict ``bulk.no_way_back`` for what cannot be taken back.
    """
    opposite = OPPOSITE.get(Verb(change.verb))
    if opposite is None or not change.changed:
        raise Conflict(
            "There is nothing to take back here: agents may have done the task already.",
            code="bulk.no_way_back",
        )
    kept = {"tag": change.parameters["tag"]} if "tag" in change.parameters else {}
    return prepare(opposite, change.changed, actor=actor, parameters=kept, undoes=change)


def chunks(keys: Iterable[int], size: int) -> Iterable[list[int]]:
    rest = iter(keys)
    while chunk := list(islice(rest, size)):
        yield chunk
