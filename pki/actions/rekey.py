"""Sealing every private key, and every other secret, anew under the first key of the ring."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.key_ring import current_ring
from pki.errors import Conflict
from pki.models import PrivateKey, Secret
from pki.vault import ring, sealing
from pki.vault.ring import KeyRing

BATCH = 500


@dataclass(frozen=True)
class Rekeyed:
    #: Identifier of the ring key everything is sealed under now.
    first: str
    resealed: int
    #: Ring keys besides the first that are still in the ring.
    others: int


def rekey(*, actor: Actor, new_key: bool = True, forget_others: bool = False) -> Rekeyed:
    """Put a new key first (when the ring is our file) and seal everything under it.

    A kill at any moment leaves a ring that opens everything: the file is replaced before
    the first record, and old keys are forgotten only after the last one. Raises Conflict
    ``vault.ring_in_environment`` when the ring to change is not ours to write.
    """
    if settings.MASTER_KEYS and forget_others:
        raise Conflict(
            "The key ring comes from CERTIFLOW_MASTER_KEYS, which only its owner can shorten. Run "
            "rekey without --forget-old-keys, then take the old keys out there.",
            code="vault.ring_in_environment",
        )
    path = Path(settings.MASTER_KEYS_FILE)
    found = current_ring()
    if new_key and not settings.MASTER_KEYS:
        ring.replace_file(path, found.with_new_first())
        found = current_ring()
    resealed = reseal_all(found)
    if forget_others and len(found.keys) > 1:
        ring.replace_file(path, found.only_first())
        found = current_ring()
    record(
        actor, "vault.rekeyed", resealed=resealed, sealed_under=found.first.id,
        forgot_others=forget_others,
    )  # fmt: skip
    return Rekeyed(found.first.id, resealed, len(found.keys) - 1)


def reseal_all(found: KeyRing) -> int:
    """How many records were sealed anew; again from where it stopped, if it was stopped."""
    return reseal_kind(PrivateKey, found) + reseal_kind(Secret, found)


def reseal_kind(model: type[PrivateKey] | type[Secret], found: KeyRing) -> int:
    done = 0
    while True:
        with transaction.atomic():
            rows: list[Any] = list(
                model._default_manager.select_for_update()
                .exclude(sealed_under=found.first.id)
                .order_by("pk")[:BATCH]
            )
            for row in rows:
                row.sealed = sealing.reseal(bytes(row.sealed), row.associated_data, found)
                row.sealed_under = sealing.sealed_under(row.sealed)
            model._default_manager.bulk_update(rows, ["sealed", "sealed_under"])
        done += len(rows)
        if not rows:
            return done
