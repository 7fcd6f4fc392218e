"""Sealing every private key, and every other secret, anew under the first key of the ring.

In three steps, between which everybody else goes on. First the key that seals is changed, under
a lock that waits for everybody who is storing a sealed record: from then on nobody can commit
one under an older key. Then what is there is sealed anew. Only then, and under the same lock,
the tables are searched for the keys that are still needed, and the others are forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import BinaryField
from django.db.models.functions import Substr

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.key_ring import current_ring, hand_over_responder_keys
from pki.actions.sealed_rows import SEALED, described, seal_anew, state_of
from pki.errors import Conflict, Unavailable
from pki.models import KeyRingState, Sealed, SealingKeys
from pki.vault import ring, sealing
from pki.vault.ring import KeyRing, derived_key

BATCH = 500
#: Records that do not open and are named in the audit trail.
NAMED = 20


@dataclass(frozen=True)
class Rekeyed:
    #: Identifier of the ring key everything is sealed under now.
    first: str
    resealed: int
    #: Ring keys besides the first that are still in the ring.
    others: int
    #: Records that do not open and stay as they are, as people know them.
    unopened: list[str]


def rekey(*, actor: Actor, new_key: bool = True, forget_others: bool = False) -> Rekeyed:
    """Put a new key first (when the ring is our file) and seal everything under it.

    A kill at any moment leaves a ring that opens everything: the file is replaced before
    the first record, and old keys are forgotten only after the last one. Records that do not
    open are passed over, and the key they say they are under stays. Raises Conflict
    ``vault.ring_in_environment`` when the ring to change is not ours to write, and
    ``vault.rekeyed_meanwhile``.
    """
    if settings.MASTER_KEYS and forget_others:
        raise Conflict(
            "The key ring comes from CERTIFLOW_MASTER_KEYS, which only its owner can shorten. Run "
            "rekey without --forget-old-keys, then take the old keys out there.",
            code="vault.ring_in_environment",
        )
    keys = seal_from_now_on(with_new_key=new_key and not settings.MASTER_KEYS)
    resealed, unopened = reseal_all(keys)
    if forget_others:
        forget_unneeded(keys)
    others = len(current_ring().keys) - 1
    record(
        actor, "vault.rekeyed", resealed=resealed, sealed_under=keys.master,
        forgot_others=forget_others, unopened=unopened[:NAMED],
    )  # fmt: skip
    return Rekeyed(keys.master, resealed, others, unopened)


def seal_from_now_on(*, with_new_key: bool) -> SealingKeys:
    """Under the ring's first key, everybody; those that store at this moment are waited for."""
    with KeyRingState.changing():
        found = current_ring()
        if with_new_key:
            ring.replace_file(Path(settings.MASTER_KEYS_FILE), found.with_new_first())
            found = current_ring()
        # Before anything is sealed under its first key: who has only that file must open it.
        hand_over_responder_keys()
        state = state_of(found)
        state.save()
    return SealingKeys(state.master_key, state.responder_key)


def reseal_all(keys: SealingKeys) -> tuple[int, list[str]]:
    """How many records were sealed anew, and which do not open.

    Again from where it stopped, if it was stopped.
    """
    resealed, unopened = 0, []
    for model in SEALED:
        for row, opens in resealing(model, keys):
            resealed += opens
            if not opens:
                unopened.append(described(row))
    return resealed, unopened


def resealing(model: type[Sealed], keys: SealingKeys) -> Iterator[tuple[Sealed, bool]]:
    """Every record under another key, and whether it opened; a batch is a transaction."""
    last: UUID | None = None
    while True:
        with transaction.atomic():
            refuse_if_changed(keys)
            rows = batch(model, keys, after=last)
            seen = [(row, reseal(row, keys)) for row in rows]
            done = [row for row, opens in seen if opens]
            model._default_manager.bulk_update(done, ["sealed", "sealed_under"])
        if not rows:
            return
        last = rows[-1].pk
        yield from seen


def batch(model: type[Sealed], keys: SealingKeys, *, after: UUID | None) -> list[Any]:
    """What is stored meanwhile is under the new key already, so nothing comes before ``after``."""
    rows = model._default_manager.select_for_update().exclude(sealed_under__in=keys)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk")[:BATCH])


def reseal(row: Sealed, keys: SealingKeys) -> bool:
    try:
        seal_anew(row, keys)
    except Unavailable as error:
        if error.code not in {"vault.damaged", "vault.unknown_key"}:
            raise
        return False
    return True


def refuse_if_changed(keys: SealingKeys) -> None:
    """Raises Conflict: another `rekey` seals under a key of its own by now."""
    if KeyRingState.shared() != keys:
        raise Conflict(
            "Another rekey changed the master key meanwhile. Nothing is lost and every key is in "
            "the ring; run rekey again when the other one has finished.",
            code="vault.rekeyed_meanwhile",
        )


def forget_unneeded(keys: SealingKeys) -> None:
    """Take every key out of the file that no record is under, while nobody can store one."""
    with KeyRingState.changing():
        refuse_if_changed(keys)
        found = current_ring().led_by(keys.master)
        needed: set[str] = {keys.master, *named_by_records()}
        kept = KeyRing(tuple(key for key in found.keys if names_of(key) & needed))
        if kept != current_ring():
            ring.replace_file(Path(settings.MASTER_KEYS_FILE), kept)
    # Afterwards: a key too many opens nothing more than what is there.
    hand_over_responder_keys()


def names_of(key: ring.RingKey) -> set[str]:
    return {key.id, derived_key(key).id}


def named_by_records() -> Iterator[str]:
    """The key each record is under, as it says itself and as its row says."""
    length = sealing.IDENTIFIER.stop
    for model in SEALED:
        rows = model._default_manager.order_by()
        header = Substr("sealed", 1, length, output_field=BinaryField())
        for (found,) in rows.annotate(header=header).values_list("header").distinct():
            yield sealing.sealed_under(bytes(found))
        yield from rows.values_list("sealed_under", flat=True).distinct()
