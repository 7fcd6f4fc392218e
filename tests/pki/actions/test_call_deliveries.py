"""Webhooks and chat messages on their way to real receivers."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from django.utils import timezone

from pki.actions.actor import SYSTEM, Actor
from pki.actions.certificate_row import parsed
from pki.actions.channels import add_chat, add_webhook, pause, remove_channel, renew_key
from pki.actions.deliveries import PAUSES, Delivered, deliver, failed_deliveries, retry
from pki.actions.delivery_queue import queue
from pki.actions.figures import figures
from pki.actions.recipients import default_group
from pki.actions.server_certificates import issue_for_server
from pki.actions.servers import add_server
from pki.actions.stored_keys import open_key
from pki.actions.trials import send_test, send_tests
from pki.models import Authority, Channel, Delivery, DeliveryState
from pki.x509 import keys
from tests.pki.actions.conftest import P256
from tests.pki.actions.evidence import audited, refused
from tests.pki.told import notice, told
from tests.webhook_receiver import Receiver, receiver


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def made(there: Receiver, actor: Actor) -> tuple[Channel, str]:
    return add_webhook(default_group(), "Tickets", there.url, actor=actor)


@pytest.fixture
def webhook(made: tuple[Channel, str]) -> Channel:
    return made[0]


@pytest.fixture
def key(made: tuple[Channel, str]) -> str:
    return made[1]


def run(at: datetime | None = None) -> Delivered:
    now = at or timezone.now()
    with time_machine.travel(now, tick=False):
        queue(now)
        return deliver(now)


def test_a_webhook_gets_signed_facts_about_each_notice(
    webhook: Channel, key: str, there: Receiver, settings: Any
) -> None:
    ends = datetime(2026, 12, 25, 10, 30, tzinfo=UTC)
    first = notice("cm1.example.com", ends_at=ends, url="/servers/7/", urgent=True, step="7")
    told(first, channel=webhook)
    assert run() == Delivered(1, 0, 0)
    [received] = there.received
    document = received.verified(key)
    row = Delivery.objects.get()
    assert document["type"] == "reminders"
    assert document["id"] == received.headers["webhook-id"] == str(row.pk)
    assert document["installation"]["host"] == settings.HOST
    [said] = document["notices"]
    at = said.pop("at")
    assert datetime.fromisoformat(at) <= timezone.now()
    assert said == {
        "kind": "server",
        "step": "7",
        "text": first.text,
        "urgent": True,
        "subject": "cm1.example.com",
        "ends_at": "2026-12-25T10:30:00Z",
        "since": None,
        "url": f"{settings.DASHBOARD_URL}/servers/7/",
        "reminder": first.reminder_id,
        "state": "open",
    }


def test_what_fails_is_tried_again_with_the_same_identifier_and_a_fresh_signature(
    webhook: Channel, key: str, there: Receiver
) -> None:
    there.status = 500
    told(notice(), channel=webhook)
    at = timezone.now()
    assert run(at) == Delivered(0, 1, 0)
    there.status = 200
    assert run(at + timedelta(seconds=50)) == Delivered(0, 0, 0)
    assert run(at + PAUSES[0]) == Delivered(1, 0, 0)
    first, second = there.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    second.verified(key)
    log = Delivery.objects.get().log
    assert [each["outcome"] for each in log] == [
        "It answered 500 Internal Server Error.",
        "It answered 200 OK.",
    ]
    assert all(each["milliseconds"] >= 0 for each in log)


def test_the_pauses_grow_until_it_is_given_up(webhook: Channel, there: Receiver) -> None:
    there.status = 503
    told(notice(), channel=webhook)
    at = start = timezone.now()
    waited = []
    for _ in PAUSES:
        run(at)
        row = Delivery.objects.get()
        waited.append(row.next_attempt_at - at)
        at = row.next_attempt_at
    assert waited == list(PAUSES)
    assert run(at) == Delivered(0, 0, 1)
    assert len(there.received) == len(PAUSES) + 1
    assert failed_deliveries(at) == 1
    # A test that failed is nobody's alarm.
    assert send_test(channel=webhook, actor=SYSTEM).state == DeliveryState.FAILED
    numbers = {dict(each.labels).get("state"): each.value for each in figures(at)
               if each.name == "certiflow_deliveries"}  # fmt: skip
    assert numbers == {"queued": 0, "sending": 0, "sent": 0, "failed": 1}
    assert failed_deliveries(start + timedelta(days=30)) == 0


def test_many_are_called_at_the_same_time(actor: Actor, there: Receiver) -> None:
    # Nobody gets an answer before all of them are there.
    there.together = threading.Barrier(16)
    for number in range(16):
        channel, _ = add_webhook(default_group(), f"Program {number}", there.url, actor=actor)
        told(notice(f"cm{number}.example.com"), channel=channel)
    assert run() == Delivered(16, 0, 0)


def test_a_paused_channel_is_not_called_until_it_goes_on(
    webhook: Channel, there: Receiver, actor: Actor
) -> None:
    told(notice(), channel=webhook)
    queue(timezone.now())
    pause(webhook, paused=True, actor=actor)
    assert run() == Delivered(0, 0, 0)
    pause(webhook, paused=False, actor=actor)
    assert run() == Delivered(1, 0, 0)


def test_a_new_key_signs_what_was_waiting(
    webhook: Channel, key: str, there: Receiver, actor: Actor
) -> None:
    told(notice(), channel=webhook)
    new = renew_key(webhook, actor=actor)
    run()
    there.received[0].verified(new)


def test_what_waits_for_a_removed_channel_is_given_up_and_no_alarm(
    webhook: Channel, there: Receiver, actor: Actor
) -> None:
    there.status = 500
    told(notice(), channel=webhook)
    run()
    remove_channel(webhook, actor=actor)
    row = Delivery.objects.get()
    assert row.state == DeliveryState.FAILED
    assert failed_deliveries(timezone.now()) == 0
    with refused("delivery.removed"):
        retry(row, actor=actor)


def test_one_removed_while_it_was_being_sent_is_given_up(webhook: Channel, actor: Actor) -> None:
    told(notice(), channel=webhook)
    queue(timezone.now())
    Delivery.objects.update(state=DeliveryState.SENDING, leased_until=timezone.now())
    remove_channel(webhook, actor=actor)
    assert run(timezone.now() + timedelta(seconds=1)) == Delivered(0, 0, 1)


def test_receivers_with_a_certificate_from_here_are_trusted(
    root: Authority, actor: Actor, tmp_path: Path
) -> None:
    server = add_server("localhost.example.com", additional_names=["localhost"], actor=SYSTEM)
    issued = issue_for_server(server, actor=SYSTEM, key_spec=P256)
    assert issued.private_key is not None
    path = tmp_path / "receiver.pem"
    pem = parsed(issued).public_bytes(serialization.Encoding.PEM)
    path.write_bytes(pem + keys.to_pem(open_key(issued.private_key)))
    with receiver(path) as there:
        channel, key = add_webhook(default_group(), "Tickets", there.url, actor=actor)
        told(notice(), channel=channel)
        assert run() == Delivered(1, 0, 0), Delivery.objects.get().log
        there.received[0].verified(key)


def test_a_chat_is_told_in_a_few_lines(there: Receiver, actor: Actor) -> None:
    there.status = 200
    address = there.url.replace("http://", "json://")
    room = add_chat(default_group(), "Room", address, actor=actor)
    told(*(notice(f"cm{n:02}.example.com") for n in range(30)), channel=room)
    assert run() == Delivered(1, 0, 0)
    [received] = there.received
    assert received.document["title"].startswith("30 server certificates expire within 30 days:")
    assert "and 25 more" in received.document["message"]


def test_a_test_says_at_once_what_came_of_it(
    webhook: Channel, key: str, there: Receiver, actor: Actor
) -> None:
    with audited("delivery.tested"):
        row = send_test(channel=webhook, actor=actor)
    assert (row.state, row.log[-1]["outcome"]) == ("sent", "It answered 204 No Content.")
    assert there.received[0].verified(key)["type"] == "test"
    there.status = 404
    row = send_test(channel=webhook, actor=actor)
    assert (row.state, row.log[-1]["outcome"]) == ("failed", "It answered 404 Not Found.")
    assert run(timezone.now() + timedelta(days=1)) == Delivered(0, 0, 0)
    assert failed_deliveries(timezone.now()) == 0
    assert len(there.received) == 2


def test_a_test_of_a_group_goes_to_everyone_in_it(
    webhook: Channel, there: Receiver, actor: Actor, mailoutbox: list[Any]
) -> None:
    group = webhook.group
    group.addresses = ["a@example.com", "b@example.com"]
    group.save()
    sent = send_tests(group, actor=actor)
    assert [(row.label, row.state) for row in sent] == [
        ("a@example.com", "sent"),
        ("b@example.com", "sent"),
        (f"Tickets, {webhook.place}", "sent"),
    ]
    assert [mail.to for mail in mailoutbox] == [["a@example.com"], ["b@example.com"]]
