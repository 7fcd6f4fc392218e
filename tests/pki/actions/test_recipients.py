"""Groups of recipients, and everybody's addresses."""

import pytest

from pki.actions.accounts import add_user, change_user
from pki.actions.actor import Actor
from pki.actions.audit_key import SECRET_ID
from pki.actions.channels import add_webhook
from pki.actions.recipients import (
    DEFAULT_NAME,
    add_group,
    addresses_of,
    change_group,
    default_group,
    remove_group,
)
from pki.actions.servers import add_server, change_server
from pki.models import Channel, RecipientGroup, ReminderPolicy, Role, Secret
from tests.pki.actions.evidence import audited, refused

PASSWORD = "correct horse battery"


def test_by_default_every_administrator_with_an_address_is_told(actor: Actor) -> None:
    assert addresses_of(default_group()) == []
    olga = add_user("olga", PASSWORD, Role.ADMINISTRATOR, actor=actor, email="Olga@Example.com")
    add_user("boris", PASSWORD, Role.ADMINISTRATOR, actor=actor)
    add_user("ivan", PASSWORD, Role.OPERATOR, actor=actor, email="ivan@example.com")
    assert addresses_of(default_group()) == ["olga@example.com"]
    assert RecipientGroup.objects.count() == 1
    change_user(olga, actor=actor, role=Role.ADMINISTRATOR, is_active=False)
    assert addresses_of(default_group()) == []


def test_addresses_are_told_once_however_often_they_are_written(actor: Actor) -> None:
    add_user("olga", PASSWORD, Role.ADMINISTRATOR, actor=actor, email="olga@example.com")
    with audited("group.added"):
        group = add_group(
            "Night shift",
            addresses=[" B@example.com", "a@example.com", "b@EXAMPLE.com", "olga@example.com"],
            administrators=True,
            actor=actor,
        )
    assert addresses_of(group) == ["a@example.com", "b@example.com", "olga@example.com"]


@pytest.mark.parametrize("wrong", ["anna", "anna@", "anna@exa mple.com", "@example.com", "a" * 300])
def test_the_wrong_address_among_many_is_named(actor: Actor, wrong: str) -> None:
    with refused("recipient.address", field="addresses") as refusal:
        add_group("Night shift", addresses=["a@example.com", wrong], actor=actor)
    assert f"“{wrong[:100]}”" in refusal.value.message


def test_two_groups_do_not_share_a_name(actor: Actor) -> None:
    first = add_group("Night shift", actor=actor)
    second = add_group("Day shift", actor=actor)
    with refused("group.exists", field="name"):
        add_group("Night  shift", actor=actor)
    with refused("group.exists", field="name"):
        change_group(second, name=first.name, addresses=[], administrators=False, actor=actor)


def test_a_change_is_written_down_with_what_was_before(actor: Actor) -> None:
    group = add_group("Night shift", addresses=["a@example.com"], actor=actor)
    with audited("group.changed") as events:
        change_group(group, name="Nights", addresses=[], administrators=True, actor=actor)
    group.refresh_from_db()
    assert (group.name, group.addresses, group.administrators) == ("Nights", [], True)
    assert events[0].detail["before"]["addresses"] == ["a@example.com"]


def test_the_group_that_is_always_told_keeps_its_name_and_stays(actor: Actor) -> None:
    group = default_group()
    with refused("group.default", field="name"):
        change_group(group, name="Others", addresses=[], administrators=True, actor=actor)
    with refused("group.default"):
        remove_group(group, actor=actor)
    change_group(
        group, name=DEFAULT_NAME, addresses=["x@example.com"], administrators=False, actor=actor
    )
    assert addresses_of(default_group()) == ["x@example.com"]


def test_a_group_that_reminders_go_to_is_not_removed(actor: Actor) -> None:
    group = add_group("Night shift", actor=actor)
    policy = ReminderPolicy.objects.create(kind="server")
    policy.groups.add(group)
    with refused("group.used"):
        remove_group(group, actor=actor)
    policy.groups.clear()
    policy.escalation_group = group
    policy.save()
    with refused("group.used"):
        remove_group(group, actor=actor)


def test_a_removed_group_takes_its_channels_and_their_addresses_along(actor: Actor) -> None:
    group = add_group("Night shift", actor=actor)
    add_webhook(group, "Tickets", "https://tickets.example.com/hook", actor=actor)
    with audited("group.removed"):
        remove_group(group, actor=actor)
    assert not Channel.objects.exists()
    assert not Secret.objects.exclude(pk=SECRET_ID).exists()


def test_owners_of_a_server_are_addresses(actor: Actor) -> None:
    server = add_server("cm1.example.com", owners=["Eva@example.com"], actor=actor)
    assert server.owners == ["eva@example.com"]
    with refused("recipient.address", field="owners"):
        change_server(server, additional_names=[], comment="", owners=["eva"], actor=actor)
    change_server(server, additional_names=[], comment="kept", actor=actor)
    server.refresh_from_db()
    assert server.owners == ["eva@example.com"]
    with audited("server.changed") as events:
        change_server(server, additional_names=[], comment="", owners=[], actor=actor)
    assert events[0].detail["owners"] == []


def test_the_address_of_a_person_is_checked_too(actor: Actor) -> None:
    with refused("recipient.address", field="email"):
        add_user("olga", PASSWORD, Role.VIEWER, actor=actor, email="olga")
    olga = add_user("olga", PASSWORD, Role.VIEWER, actor=actor, email="olga@example.com")
    with refused("recipient.address", field="email"):
        change_user(olga, actor=actor, role=Role.VIEWER, is_active=True, email="olga@")
    changed = change_user(olga, actor=actor, role=Role.VIEWER, is_active=True, email="")
    assert changed.email == ""
