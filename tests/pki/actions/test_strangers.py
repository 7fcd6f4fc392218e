"""Events that anybody can cause: in one process, in many threads, with a database that is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import DatabaseError

from pki.actions import strangers
from pki.actions.actor import Actor
from pki.actions.strangers import close_minutes, counts, record_bounded, store
from pki.models import AuditEvent, TrailMinute

pytestmark = pytest.mark.django_db

STRANGER = Actor(name="unknown", door="dashboard", address="192.0.2.7")
NOON = datetime(2026, 6, 1, 12, 0, 5, tzinfo=UTC)


def test_what_could_not_be_written_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(strangers, "record", away)
        record_bounded(STRANGER, "user.sign_in_failed")
    assert counts.unstored.total() == 1


def test_counts_that_cannot_be_stored_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    counts.add(NOON, "agent.refused", 3)
    with monkeypatch.context() as patch:

        def away(*_: object) -> None:
            raise DatabaseError

        patch.setattr(strangers, "counted", away)
        store()
    store()
    assert TrailMinute.objects.get().more == 3
    assert not counts.unstored


def test_a_flood_is_stored_once_a_second(django_assert_num_queries: object) -> None:
    with time_machine.travel(NOON, tick=False):
        record_bounded(STRANGER, "user.sign_in_failed")
        record_bounded(STRANGER, "user.sign_in_failed")
        with django_assert_num_queries(0):  # type: ignore[operator]
            for _ in range(100):
                record_bounded(STRANGER, "user.sign_in_failed")


def test_no_count_is_lost_among_threads() -> None:
    def many(_: int) -> None:
        for _ in range(500):
            counts.add(NOON, "agent.refused")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(many, range(4)))
    store()
    assert TrailMinute.objects.get().more == 2000


def test_the_detail_of_an_event_is_kept() -> None:
    record_bounded(STRANGER, "access.refused", page="servers", sort="x")
    event = AuditEvent.objects.get()
    assert (event.detail, event.address) == ({"page": "servers"}, "192.0.2.7")


def test_closing_twice_says_it_once() -> None:
    counts.add(NOON.replace(second=0), "agent.refused", 3)
    store()
    later = NOON.replace(minute=1)
    assert (close_minutes(later), close_minutes(later)) == (1, 0)
    event = AuditEvent.objects.get()
    assert event.event == "audit.more"
    assert event.detail == {
        "minute": "2026-06-01T12:00:00+00:00",
        "number": 3,
        "events": {"agent.refused": 3},
    }
