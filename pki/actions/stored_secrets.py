"""Addresses with a token in them and keys that sign, always sealed at rest."""

import json
from collections.abc import Mapping

from pki.actions import sealed_rows
from pki.models import Secret


def sealed_secret(facts: Mapping[str, str]) -> Secret:
    """An unsaved row that holds ``facts`` sealed; `sealed_rows.keep` stores it."""
    row = Secret()
    seal_into(row, facts)
    return row


def seal_into(row: Secret, facts: Mapping[str, str]) -> None:
    """Other ``facts`` in place of what the row held."""
    sealed_rows.seal_into(row, json.dumps(dict(facts)).encode())


def open_secret(row: Secret) -> dict[str, str]:
    """Raises Unavailable ``vault.damaged`` or ``vault.unknown_key``."""
    found: dict[str, str] = json.loads(sealed_rows.open_row(row))
    return found
