"""Calls to receivers that are right, wrong, slow and not there."""

import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from standardwebhooks import WebhookVerificationError

from pki.messaging import signing, webhooks
from pki.messaging.outcome import Outcome
from pki.messaging.webhooks import Call
from pki.outgoing import Policy
from pki.x509 import issuing, keys
from tests.webhook_receiver import Receiver, receiver

KEY = signing.new_key()
TLS_KEY = keys.generate(keys.KeySpec.parse("ec-p256"))


def post(url: str, *, roots: str = "", timeout: float = 10.0) -> Outcome:
    call = Call(url, KEY, "msg-1", b'{"type":"test"}', Policy(loopback=True), roots)
    return webhooks.post(call, datetime.now(UTC), timeout)


def test_a_call_arrives_signed_and_with_its_identifier() -> None:
    with receiver() as there:
        assert post(there.url) == Outcome(True, "It answered 204 No Content.")
    [received] = there.received
    assert received.verified(KEY) == {"type": "test"}
    assert received.path == "/hook/t0ken"
    assert received.headers["webhook-id"] == "msg-1"
    assert received.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        received.verified(signing.new_key())


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_any_other_answer_is_no_success_and_is_told(status: int) -> None:
    with receiver() as there:
        there.status = status
        outcome = post(there.url)
    assert not outcome.arrived
    assert str(status) in outcome.words


def test_a_redirect_is_not_followed() -> None:
    with receiver() as there, receiver() as elsewhere:
        there.status, there.location = 307, elsewhere.url
        outcome = post(there.url)
    assert not outcome.arrived
    assert "redirect" in outcome.words
    assert elsewhere.received == []


def test_who_does_not_answer_in_time_is_told_so() -> None:
    with receiver() as there:
        there.delay = 5
        outcome = post(there.url, timeout=0.5)
    assert outcome == Outcome(False, "No complete answer came within 0.5 seconds.")


def test_an_answer_that_drips_does_not_hold_the_caller() -> None:
    """Every byte comes in time, and the whole never would."""
    with receiver() as there:
        there.status, there.drip = 200, 0.2
        begun = time.monotonic()
        outcome = post(there.url, timeout=1)
        took = time.monotonic() - begun
    assert not outcome.arrived
    assert took < 5, "A hundred bytes would have taken twenty seconds."


def test_of_a_long_answer_only_the_beginning_is_read() -> None:
    with receiver() as there:
        there.status, there.body = 200, b"x" * 50_000_000
        assert post(there.url).arrived


def test_nobody_there_is_told_without_the_token_in_the_address() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        outcome = post(f"http://127.0.0.1:{reserved.getsockname()[1]}/hook/t0ken")
    assert not outcome.arrived
    assert "No connection" in outcome.words
    assert "t0ken" not in outcome.words


def test_a_name_nobody_knows_is_a_failure_in_words() -> None:
    outcome = post("https://no-such-host.invalid/t0ken")
    assert not outcome.arrived
    assert "t0ken" not in outcome.words


@pytest.fixture
def with_tls(tmp_path: Path) -> Path:
    """A certificate that only its own root vouches for, and its key."""
    made = issuing.temporary_certificate("localhost", TLS_KEY, now=datetime.now(UTC))
    path = tmp_path / "receiver.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM) + keys.to_pem(TLS_KEY))
    return path


def certificate_of(path: Path) -> str:
    return path.read_text().partition("-----BEGIN PRIVATE KEY-----")[0]


def test_a_certificate_nobody_vouches_for_is_refused(with_tls: Path) -> None:
    with receiver(with_tls) as there:
        outcome = post(there.url)
        assert there.received == []
    assert not outcome.arrived
    assert "certificate" in outcome.words


def test_our_own_roots_vouch_for_receivers(with_tls: Path) -> None:
    with receiver(with_tls) as there:
        outcome = post(there.url, roots=certificate_of(with_tls))
    assert outcome.arrived, outcome.words
    assert len(there.received) == 1


def test_a_certificate_of_another_name_is_refused(with_tls: Path) -> None:
    with receiver(with_tls) as there:
        other = there.url.replace("localhost", "127.0.0.1")
        outcome = post(other, roots=certificate_of(with_tls))
    assert isinstance(there, Receiver)
    assert not outcome.arrived
