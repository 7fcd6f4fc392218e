"""Signatures that the library of Standard Webhooks accepts."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from pki.messaging import signing


@pytest.fixture
def now() -> int:
    """In seconds; the library refuses what is older than some minutes."""
    return int(datetime.now(UTC).timestamp())


def headers(signature: str, now: int) -> dict[str, str]:
    return {
        "webhook-id": "msg-1",
        "webhook-timestamp": str(now),
        "webhook-signature": signature,
    }


def test_the_library_of_standard_webhooks_accepts_a_signature(now: int) -> None:
    key = signing.new_key()
    body = json.dumps({"name": "cm1.example.com", "ü": 1}).encode()
    signed = signing.signature(key, "msg-1", now, body)
    assert Webhook(key).verify(body, headers(signed, now)) == {"name": "cm1.example.com", "ü": 1}


def test_it_signs_as_the_library_does(now: int) -> None:
    key = signing.new_key()
    at = datetime.fromtimestamp(now, UTC)
    assert signing.signature(key, "msg-1", now, b"{}") == Webhook(key).sign("msg-1", at, "{}")


def test_another_key_another_body_and_another_identifier_are_refused(now: int) -> None:
    key = signing.new_key()
    signed = signing.signature(key, "msg-1", now, b"{}")
    for wrong, body, identifier in (
        (signing.new_key(), b"{}", "msg-1"),
        (key, b"[]", "msg-1"),
        (key, b"{}", "msg-2"),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(wrong).verify(body, {**headers(signed, now), "webhook-id": identifier})
