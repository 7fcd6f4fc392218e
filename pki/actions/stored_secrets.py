"""Addresses with a token in them and keys that sign, always sealed at rest."""

import json
from collections.abc import Mapping
from uuid import UUID

from pki.actions import sealed_rows
from pki.models import Secret
from pki.vault.ring import KeyRing


def sealed_secret(
    facts: Mapping[str, str], ring: KeyRing | None = None, *, pk: UUID | None = None
) -> Secret:
    """An unsaved row that holds ``facts`` sealed; `sealed_rows.keep` stores it.

    Under the ring in force, or under ``ring``.
    """
    row = Secret() if pk is None else Secret(pk=pk)
    seal_into(row, facts, ring)
    return row


def seal_into(row: Secret, facts: Mapping[str, str], ring: KeyRing | None = None) -> None:
    """Other ``facts`` in place of what the row held."""
    sealed_rows.seal_into(row, json.dumps(dict(facts)).encode(), ring)


def open_secret(row: Secret, ring: KeyRing | None = None) -> dict[str, str]:
    """Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    found: dict[str, str] = json.loads(sealed_rows.open_row(row, ring))
    return found
