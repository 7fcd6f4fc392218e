"""How somebody signed in, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

SECOND_STEPS = {
    "totp": "one-time code",
    "recovery_codes": "recovery code",
    "webauthn": "security key",
}


def in_words(records: Iterable[Mapping[str, Any]]) -> str:
    """Of allauth's records of this session: ``password and one-time code``, for example."""
    return " and ".join(dict.fromkeys(filter(None, map(step_in_words, records))))


def step_in_words(record: Mapping[str, Any]) -> str:
    if record.get("passwordless"):
        return "passkey"
    if record.get("method") == "mfa":
        return SECOND_STEPS.get(str(record.get("type")), "second step")
    return str(record.get("method", ""))
