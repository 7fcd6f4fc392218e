"""Addresses with a token in them and keys that sign, always sealed at rest."""

import json
from collections.abc import Mapping
from uuid import UUID

from pki.actions.key_ring import current_ring
from pki.models import Secret
from pki.vault import sealing
from pki.vault.ring import KeyRing


def sealed_secret(
    facts: Mapping[str, str], ring: KeyRing | None = None, *, pk: UUID | None = None
) -> Secret:
    """An unsaved row that holds ``facts`` sealed, under the ring in force or another one."""
    row = Secret() if pk is None else Secret(pk=pk)
    seal_into(row, facts, ring)
    return row


def seal_into(row: Secret, facts: Mapping[str, str], ring: KeyRing | None = None) -> None:
    """Other ``facts`` in place of what the row held."""
    plain = json.dumps(dict(facts)).encode()
    row.sealed = sealing.seal(plain, row.associated_data, ring or current_ring())
    row.sealed_under = sealing.sealed_under(row.sealed)


def open_secret(row: Secret, ring: KeyRing | None = None) -> dict[str, str]:
    """Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    plain = sealing.open_sealed(bytes(row.sealed), row.associated_data, ring or current_ring())
    found: dict[str, str] = json.loads(plain)
    return found
