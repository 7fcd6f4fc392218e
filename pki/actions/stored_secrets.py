"""Addresses with a token in them and keys that sign, always sealed at rest."""

import json
from collections.abc import Mapping

from pki.actions.key_ring import current_ring
from pki.models import Secret
from pki.vault import sealing


def sealed_secret(facts: Mapping[str, str]) -> Secret:
    """An unsaved row that holds ``facts`` sealed."""
    row = Secret()
    seal_into(row, facts)
    return row


def seal_into(row: Secret, facts: Mapping[str, str]) -> None:
    """Other ``facts`` in place of what the row held."""
    plain = json.dumps(dict(facts)).encode()
    row.sealed = sealing.seal(plain, row.associated_data, current_ring())
    row.sealed_under = sealing.sealed_under(row.sealed)


def open_secret(row: Secret) -> dict[str, str]:
    """Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    plain = sealing.open_sealed(bytes(row.sealed), row.associated_data, current_ring())
    found: dict[str, str] = json.loads(plain)
    return found
