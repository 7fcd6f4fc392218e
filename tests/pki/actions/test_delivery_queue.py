"""What is to be told becomes messages: nothing twice, nothing lost, a digest a day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from pki.actions import delivery_queue
from pki.actions.actor import Actor
from pki.actions.channels import add_webhook, pause
from pki.actions.delivery_queue import NOTHING, Gathered, queue
from pki.actions.recipients import default_group
from pki.models import Channel, ChannelKind, Delivery, DeliverySort, DigestTime, Telling
from tests.pki.told import ADDRESS, notice, told

MORNING = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def night() -> Iterator[None]:
    """Everything is made in the night before that morning, whenever the tests run."""
    with time_machine.travel(MORNING - timedelta(hours=6)):
        yield


@pytest.fixture
def webhook(actor: Actor) -> Channel:
    return add_webhook(default_group(), "Tickets", "https://t.example.com/hook", actor=actor)[0]


def waiting() -> int:
    return Telling.objects.filter(delivery=None).count()


def sorts() -> list[str]:
    return sorted(Delivery.objects.values_list("sort", flat=True))


def test_urgent_certificates_of_one_address_are_one_mail_at_once() -> None:
    told(*(notice(f"cm{n}.example.com", urgent=True) for n in range(50)))
    assert queue(MORNING - timedelta(hours=5)) == Gathered(1, 50)
    assert sorts() == ["urgent"]
    assert queue(MORNING - timedelta(hours=5)) == NOTHING


def test_all_else_waits_for_the_hour_of_the_digest() -> None:
    told(notice("cm1.example.com"), notice("cm2.example.com"))
    told(notice("cm3.example.com"), to="boris@example.com")
    assert queue(MORNING - timedelta(minutes=1)) == NOTHING
    assert queue(MORNING) == Gathered(2, 3)
    assert sorts() == ["digest", "digest"]


def test_an_address_gets_one_digest_a_day() -> None:
    told(notice("cm1.example.com"))
    queue(MORNING)
    told(notice("cm2.example.com"))
    assert queue(MORNING + timedelta(hours=5)) == NOTHING
    assert waiting() == 1
    assert queue(MORNING + timedelta(days=1)) == Gathered(1, 1)
    keys = set(Delivery.objects.values_list("key", flat=True))
    assert keys == {f"digest:{ADDRESS}:2026-11-25", f"digest:{ADDRESS}:2026-11-26"}


def test_the_first_run_after_the_hour_makes_it_up() -> None:
    told(notice("cm1.example.com"))
    assert queue(MORNING + timedelta(hours=12)) == Gathered(1, 1)


def test_the_hour_and_the_day_are_those_of_the_chosen_zone() -> None:
    """19:00 in Auckland is 06:00 UTC in November, and the next day begins at 11:00 UTC."""
    DigestTime.objects.create(hour=19, zone="Pacific/Auckland")
    told(notice("cm1.example.com"))
    assert queue(datetime(2026, 11, 25, 5, 59, tzinfo=UTC)) == NOTHING
    assert queue(datetime(2026, 11, 25, 6, 0, tzinfo=UTC)) == Gathered(1, 1)
    told(notice("cm2.example.com"))
    assert queue(datetime(2026, 11, 25, 12, 0, tzinfo=UTC)) == NOTHING
    assert queue(datetime(2026, 11, 26, 6, 0, tzinfo=UTC)) == Gathered(1, 1)
    assert Delivery.objects.filter(key=f"digest:{ADDRESS}:2026-11-26").exists()


def test_what_was_urgent_is_not_repeated_in_the_digest() -> None:
    [urgent] = told(notice("cm1.example.com", urgent=True))
    [other] = told(notice("cm2.example.com"))
    assert queue(MORNING) == Gathered(2, 2)
    for telling in (urgent, other):
        telling.refresh_from_db()
    assert urgent.delivery is not None
    assert other.delivery is not None
    assert (urgent.delivery.sort, other.delivery.sort) == ("urgent", "digest")


def test_a_webhook_is_called_with_a_hundred_notices_at_most(webhook: Channel) -> None:
    told(*(notice(f"cm{n}.example.com") for n in range(250)), channel=webhook)
    assert queue(MORNING - timedelta(hours=5)) == Gathered(3, 250)
    numbers = sorted(row.tellings.count() for row in Delivery.objects.all())
    assert numbers == [50, 100, 100]
    assert sorts() == ["webhook"] * 3


def test_a_chat_gets_one_message_however_much_there_is(webhook: Channel) -> None:
    Channel.objects.update(kind=ChannelKind.CHAT)
    told(*(notice(f"cm{n}.example.com") for n in range(250)), channel=webhook)
    assert queue(MORNING) == Gathered(1, 250)
    assert sorts() == ["chat"]


def test_a_paused_channel_waits_and_then_gets_everything(webhook: Channel, actor: Actor) -> None:
    pause(webhook, paused=True, actor=actor)
    told(notice("cm1.example.com"), channel=webhook)
    assert queue(MORNING) == NOTHING
    pause(webhook, paused=False, actor=actor)
    assert queue(MORNING) == Gathered(1, 1)


@pytest.mark.parametrize("urgent", [True, False])
def test_of_two_nodes_that_gather_the_same_one_makes_it(
    urgent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other node comes in between looking and keeping, in all the ways it can."""
    told(*(notice(f"cm{n}.example.com", urgent=urgent) for n in range(3)))
    keep = delivery_queue.keep
    between: list[Gathered] = []

    def keep_late(delivery: Delivery, tellings: list[int]) -> Gathered:
        with monkeypatch.context() as alone:
            alone.setattr(delivery_queue, "keep", keep)
            between.append(queue(MORNING))
        return keep(delivery, tellings)

    monkeypatch.setattr(delivery_queue, "keep", keep_late)
    assert queue(MORNING) == NOTHING
    assert between == [Gathered(1, 3)]
    assert Delivery.objects.get().tellings.count() == 3


def test_who_finds_every_notice_taken_leaves_no_empty_message() -> None:
    tellings = told(notice("cm1.example.com", urgent=True))
    queue(MORNING)
    late = delivery_queue.mail_to(ADDRESS, DeliverySort.URGENT, MORNING)
    late.key = "another"
    assert delivery_queue.keep(late, [each.pk for each in tellings]) == NOTHING
    assert Delivery.objects.count() == 1


def test_a_crash_in_mid_gathering_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told(notice("cm1.example.com", urgent=True))
    atomic = transaction.atomic

    class Dying:
        def __init__(self) -> None:
            self.inner: Any = atomic()

        def __enter__(self) -> None:
            self.inner.__enter__()

        def __exit__(self, *_: Any) -> None:
            self.inner.__exit__(SystemExit, SystemExit("killed"), None)
            raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(delivery_queue.transaction, "atomic", Dying)
        with pytest.raises(SystemExit):
            queue(MORNING)
    assert (waiting(), Delivery.objects.count()) == (1, 0)
    assert queue(MORNING) == Gathered(1, 1)


def test_many_addresses_and_notices_are_gathered_in_a_few_statements(
    django_assert_max_num_queries: Any,
) -> None:
    for each in [notice(f"cm{n}.example.com") for n in range(100)]:
        told(each)
    with django_assert_max_num_queries(15):
        assert queue(MORNING) == Gathered(1, 100)
