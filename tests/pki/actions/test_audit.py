"""The audit trail: what an event holds, and that nothing unknown gets in."""

import pytest
from django.conf import settings

from pki.actions.actor import SYSTEM, Actor
from pki.actions.audit import EVENTS, record
from pki.models import AuditEvent, Server, User


def test_an_event_says_who_did_what_to_what_from_where(server: Server) -> None:
    user = User.objects.create(username="anna")
    actor = Actor(name="anna", door="dashboard", user=user, address="2001:db8::7")
    event = record(actor, "server.changed", server, before=[], additional_names=["a.example"])
    event.refresh_from_db()
    assert (event.actor, event.user, event.door) == ("anna", user, "dashboard")
    assert event.address == "2001:db8::7"
    assert (event.object_type, event.object_id) == ("server", str(server.pk))
    assert event.object_label == "cm1.example.com"
    assert event.detail == {"before": [], "additional_names": ["a.example"]}


def test_the_trail_outlives_the_account() -> None:
    user = User.objects.create(username="anna")
    event = record(Actor(name="anna", door="dashboard", user=user), "user.signed_in", user)
    key = user.pk
    user.delete()
    event.refresh_from_db()
    assert (event.actor, event.user_id, event.object_label) == ("anna", key, "anna")


def test_an_event_nobody_has_declared_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"server\.exploded"):
        record(SYSTEM, "server.exploded")
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_fits_its_column_and_has_a_name_for_people(event: str) -> None:
    length = AuditEvent._meta.get_field("event").max_length
    assert length is not None
    assert len(event) <= length
    assert EVENTS[event][0].isupper()


def test_names_too_long_for_their_columns_are_cut_and_not_refused() -> None:
    event = record(Actor(name="x" * 400, door="command"), "user.sign_in_failed")
    event.refresh_from_db()
    assert event.actor == "x" * 150
    assert settings.USE_TZ
    assert event.at.tzinfo is not None
