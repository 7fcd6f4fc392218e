"""Webhooks and chats: their addresses are sealed, shown nowhere, and gone when removed."""

from pathlib import Path

import pytest
from django.db.models import QuerySet

from pki.actions.actor import Actor
from pki.actions.audit_key import SECRET_ID
from pki.actions.channels import add_chat, add_webhook, pause, remove_channel, renew_key
from pki.actions.delivery_queue import queue
from pki.actions.key_ring import current_ring, has_sealed_keys
from pki.actions.recipients import add_group
from pki.actions.rekey import rekey
from pki.actions.stored_secrets import open_secret
from pki.models import AuditEvent, Channel, Delivery, DeliveryState, RecipientGroup, Secret
from tests.pki.actions.evidence import audited, refused
from tests.pki.told import notice, told

ADDRESS = "https://user:pass@tickets.example.com:8443/hook/t0ken?key=s3cret"


@pytest.fixture
def group(actor: Actor) -> RecipientGroup:
    return add_group("Night shift", actor=actor)


@pytest.fixture
def webhook(group: RecipientGroup, actor: Actor) -> Channel:
    return add_webhook(group, "Tickets", ADDRESS, actor=actor)[0]


def secrets() -> "QuerySet[Secret]":
    """Without that of the audit trail."""
    return Secret.objects.exclude(pk=SECRET_ID)


def trail() -> str:
    return " ".join(map(str, AuditEvent.objects.values_list("object_label", "detail")))


def test_only_the_host_of_a_webhook_is_kept_to_be_shown(
    group: RecipientGroup, actor: Actor
) -> None:
    with audited("channel.added"):
        channel, key = add_webhook(group, "Tickets", ADDRESS, actor=actor)
    assert channel.place == "tickets.example.com:8443"
    assert open_secret(secrets().get()) == {"address": ADDRESS, "key": key}
    assert key.startswith("whsec_")
    sealed = bytes(secrets().get().sealed)
    for secret in (b"t0ken", b"s3cret", b"pass", key.encode()):
        assert secret not in sealed
        assert secret.decode() not in trail()


@pytest.mark.parametrize(
    "address",
    ["", "tickets.example.com", "ftp://tickets.example.com", "https://", "https://a b/", "https://x:0/",
     "https://x:99999/", "https://" + "a" * 3000],
)  # fmt: skip
def test_what_cannot_be_called_is_refused(
    group: RecipientGroup, actor: Actor, address: str
) -> None:
    with refused("channel.address", field="address"):
        add_webhook(group, "Tickets", address, actor=actor)


def test_names_are_unique_in_a_group(webhook: Channel, actor: Actor) -> None:
    with refused("channel.exists", field="name"):
        add_webhook(webhook.group, "Tickets", "https://other.example.com/", actor=actor)
    assert secrets().count() == 1


def test_a_new_key_replaces_the_old_one_and_keeps_the_address(
    webhook: Channel, actor: Actor
) -> None:
    before = open_secret(webhook.secret)
    with audited("channel.changed"):
        key = renew_key(webhook, actor=actor)
    after = open_secret(secrets().get())
    assert after == {"address": ADDRESS, "key": key}
    assert key != before["key"]
    assert key not in trail()


def test_a_removed_channel_leaves_nothing_sealed_and_nothing_waiting(
    webhook: Channel, actor: Actor
) -> None:
    told(notice(), channel=webhook)
    queue(Delivery().created_at)
    with audited("channel.removed"):
        remove_channel(webhook, actor=actor)
    assert secrets().count() == 0
    assert Delivery.objects.get().state == DeliveryState.FAILED
    assert Delivery.objects.get().label == "Tickets, tickets.example.com:8443"


def test_a_chat_shows_its_system_and_keeps_its_token(group: RecipientGroup, actor: Actor) -> None:
    address = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
    channel = add_chat(group, "Room", address, actor=actor)
    assert channel.place == "Slack"
    assert open_secret(channel.secret) == {"address": address}
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in trail()
    with refused("channel.no_key"):
        renew_key(channel, actor=actor)


def test_pausing_is_written_down(webhook: Channel, actor: Actor) -> None:
    with audited("channel.changed", "channel.changed"):
        assert pause(webhook, paused=True, actor=actor).paused
        assert not pause(webhook, paused=False, actor=actor).paused


def test_secrets_are_sealed_anew_with_the_keys(
    ring_file: Path, group: RecipientGroup, actor: Actor
) -> None:
    channel, key = add_webhook(group, "Tickets", ADDRESS, actor=actor)
    assert has_sealed_keys()
    done = rekey(actor=actor, forget_others=True)
    assert (done.resealed, len(current_ring().keys)) == (2, 1)
    row = Secret.objects.get(pk=channel.secret_id)
    assert row.sealed_under == done.first
    assert open_secret(row) == {"address": ADDRESS, "key": key}


def test_a_secret_moved_to_another_row_does_not_open(webhook: Channel, actor: Actor) -> None:
    other, _ = add_webhook(webhook.group, "Other", "https://other.example.com/", actor=actor)
    other.secret.sealed = webhook.secret.sealed
    other.secret.save()
    with refused("vault.damaged"):
        open_secret(other.secret)
