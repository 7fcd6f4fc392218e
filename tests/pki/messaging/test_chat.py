"""Chat systems, through the package that speaks with them."""

import sys

import pytest

from pki.errors import InvalidInput, Unavailable
from pki.messaging import chat
from pki.outgoing import Policy
from tests.webhook_receiver import receiver

HERE = Policy(loopback=True)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", "Slack"),
        ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544", "Telegram"),
        (
            "mmosts://chat.example.com/3ccdd113474722377935511fc85d3dd4",
            "Mattermost on chat.example.com",
        ),
        ("matrixs://user:secret@matrix.example.com/#room", "Matrix on matrix.example.com"),
    ],
)
def test_what_may_be_shown_is_the_system_and_a_host_of_ones_own(address: str, shown: str) -> None:
    assert chat.place(address) == shown


@pytest.mark.parametrize("address", ["", "https://", "nonsense", "slack://", "what://host/x"])
def test_what_is_no_address_is_refused_in_words(address: str) -> None:
    with pytest.raises(InvalidInput, match="no address of a chat system") as refusal:
        chat.place(address)
    assert refusal.value.field == "address"


def test_a_message_arrives_in_the_room() -> None:
    """The system that posts JSON to a host of one's own: a real message over the network."""
    with receiver() as there:
        there.status = 200
        address = there.url.replace("http://", "json://")
        assert chat.send(address, "Two certificates expire", "cm1.example.com", HERE).arrived
    [received] = there.received
    assert received.document["title"] == "Two certificates expire"
    assert received.document["message"] == "cm1.example.com"


def test_a_refusal_is_told_with_its_number_and_without_the_address() -> None:
    with receiver() as there:
        there.status = 403
        outcome = chat.send(there.url.replace("http://", "json://"), "Title", "Text", HERE)
    assert not outcome.arrived
    assert "403" in outcome.words
    assert "t0ken" not in outcome.words


def test_without_the_package_the_command_that_installs_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(Unavailable, match=r"requirements-chat\.lock"):
        chat.place("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
