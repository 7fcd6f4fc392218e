"""Who is told, as administrators decide it in the browser."""

from typing import Any

import pytest
from django.test import Client

from pki.actions.actor import SYSTEM
from pki.actions.channels import add_webhook
from pki.actions.recipients import add_group, default_group
from pki.actions.stored_secrets import open_secret
from pki.models import Authority, Channel, RecipientGroup, User
from tests.pki.conftest import PASSWORD, Signed
from tests.webhook_receiver import receiver

ADDRESS = "https://tickets.example.com/hook/t0ken"


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("&#x27;", "'")


@pytest.fixture(autouse=True)
def _set_up(authority: Authority) -> None:
    pass


@pytest.fixture
def group(db: None) -> RecipientGroup:
    return add_group("Night shift", addresses=["n1@example.com"], actor=SYSTEM)


@pytest.mark.parametrize("path", ["", "add/", "1/", "1/test/", "1/webhook/", "channels/1/key/"])
def test_others_are_told_why_not(as_operator: Client, path: str) -> None:
    ask = as_operator.post if path.endswith("test/") else as_operator.get
    answer = ask(f"/settings/recipients/{path}")
    assert answer.status_code == 403
    assert "This needs the role administrator" in text(answer)


def test_the_administrators_are_there_from_the_beginning(as_administrator: Client) -> None:
    page = text(as_administrator.get("/settings/recipients/"))
    assert "Administrators" in page
    assert "every administrator" in page
    page = text(as_administrator.get(default_group().get_absolute_url()))
    assert "No administrator has an e-mail address" in page
    assert "/remove/" not in page


def test_mail_that_is_only_printed_is_warned_of(as_administrator: Client, settings: Any) -> None:
    assert "nobody gets it" not in text(as_administrator.get("/settings/recipients/"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    for page in ("/settings/recipients/", default_group().get_absolute_url(), "/settings/"):
        assert "nobody gets it" in text(as_administrator.get(page))


def test_a_group_is_added_changed_and_removed(confirmed: Client) -> None:
    confirmed.post(
        "/settings/recipients/add/",
        {"name": "Branches", "addresses": "a@example.com\nb@example.com"},
    )
    group = RecipientGroup.objects.get(name="Branches")
    assert group.addresses == ["a@example.com", "b@example.com"]
    confirmed.post(
        f"{group.get_absolute_url()}change/",
        {"name": "Branches", "addresses": "c@example.com", "administrators": "on"},
    )
    page = text(confirmed.get(group.get_absolute_url()))
    assert "c@example.com" in page
    assert "a@example.com" not in page
    confirmed.post(f"{group.get_absolute_url()}remove/")
    assert not RecipientGroup.objects.filter(name="Branches").exists()


def test_the_wrong_address_is_named_in_the_form(confirmed: Client) -> None:
    answer = confirmed.post(
        "/settings/recipients/add/", {"name": "Branches", "addresses": "a@example.com b@"}
    )
    assert "“b@” is not an e-mail address" in text(answer)


def test_a_test_shows_what_the_mail_server_said(
    as_administrator: Client, group: RecipientGroup, mailoutbox: list[Any]
) -> None:
    answer = as_administrator.post(f"{group.get_absolute_url()}test/", follow=True)
    assert "n1@example.com: The mail server took it" in text(answer)
    assert [mail.to for mail in mailoutbox] == [["n1@example.com"]]


def test_a_test_of_nobody_says_so(as_administrator: Client) -> None:
    answer = as_administrator.post(f"{default_group().get_absolute_url()}test/", follow=True)
    assert "Administrators has no address and no channel yet" in text(answer)


def test_a_webhooks_key_is_shown_once(confirmed: Client, group: RecipientGroup) -> None:
    made = confirmed.post(
        f"{group.get_absolute_url()}webhook/", {"name": "Tickets", "address": ADDRESS}
    )
    key = open_secret(Channel.objects.get().secret)["key"]
    assert key in text(made)
    assert "no-store" in made["Cache-Control"]
    page = text(confirmed.get(group.get_absolute_url()))
    assert "tickets.example.com" in page
    assert "t0ken" not in page
    assert key not in page
    channel = Channel.objects.get()
    asked = confirmed.get(f"/settings/recipients/channels/{channel.pk}/key/")
    assert key not in text(asked)
    again = confirmed.post(f"/settings/recipients/channels/{channel.pk}/key/")
    new = open_secret(Channel.objects.get().secret)["key"]
    assert new != key
    assert new in text(again)


def test_an_address_that_cannot_be_called_is_refused_in_words(
    confirmed: Client, group: RecipientGroup
) -> None:
    answer = confirmed.post(
        f"{group.get_absolute_url()}webhook/", {"name": "Tickets", "address": "tickets"}
    )
    assert "A webhook's address begins with https://" in text(answer)
    answer = confirmed.post(
        f"{group.get_absolute_url()}chat/", {"name": "Room", "address": "nonsense"}
    )
    assert "This is no address of a chat system" in text(answer)


def test_a_channel_is_paused_tested_and_removed(confirmed: Client, group: RecipientGroup) -> None:
    with receiver() as there:
        channel, _ = add_webhook(group, "Tickets", there.url, actor=SYSTEM)
        address = f"/settings/recipients/channels/{channel.pk}"
        there.status = 500
        answer = confirmed.post(f"{address}/test/", follow=True)
        assert "It answered 500 Internal Server Error." in text(answer)
        assert "Given up" in text(answer)
    answer = confirmed.post(f"{address}/pause/", {"paused": "yes"}, follow=True)
    assert "Paused" in text(answer)
    answer = confirmed.post(f"{address}/pause/", {"paused": "no"}, follow=True)
    assert "Tickets is told again" in text(answer)
    confirmed.post(f"{address}/remove/")
    assert not Channel.objects.exists()


def test_a_chat_is_added_and_shows_no_token(confirmed: Client, group: RecipientGroup) -> None:
    address = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
    answer = confirmed.post(
        f"{group.get_absolute_url()}chat/", {"name": "Room", "address": address}, follow=True
    )
    assert "Slack" in text(answer)
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in text(answer)


def test_pages_take_as_many_queries_for_many_channels(
    as_administrator: Client, group: RecipientGroup, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        add_webhook(group, f"Program {number}", ADDRESS, actor=SYSTEM)
    for page in ("/settings/recipients/", group.get_absolute_url()):
        with django_assert_max_num_queries(14):
            as_administrator.get(page)


def test_people_and_servers_have_addresses(confirmed: Signed, server: Any) -> None:
    confirmed.post(
        f"/settings/users/{confirmed.user.pk}/",
        {"role": "administrator", "is_active": "on", "email": "Root@example.com"},
    )
    assert User.objects.get(pk=confirmed.user.pk).email == "root@example.com"
    assert "root@example.com" in text(confirmed.get("/settings/users/"))
    assert "root@example.com" in text(confirmed.get(default_group().get_absolute_url()))
    answer = confirmed.post(
        "/settings/users/add/",
        {"username": "bob", "role": "viewer", "email": "bob@", "password": PASSWORD,
         "password_again": PASSWORD},
    )  # fmt: skip
    assert "“bob@” is not an e-mail address" in text(answer)
    confirmed.post(f"{server.get_absolute_url()}edit/", {"owners": "eva@example.com"})
    assert "eva@example.com" in text(confirmed.get(f"{server.get_absolute_url()}edit/"))
