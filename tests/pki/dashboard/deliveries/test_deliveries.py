"""The delivery log."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pki.actions.deliveries import deliver
from pki.actions.delivery_queue import queue
from pki.models import Authority, Delivery, DeliveryState
from tests.pki.told import notice, told


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("&#x27;", "'")


@pytest.fixture(autouse=True)
def _set_up(authority: Authority) -> None:
    pass


@pytest.fixture
def failed(settings: Any) -> Delivery:
    """An urgent mail that found no mail server, tried once and then given up."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    told(notice(urgent=True))
    now = timezone.now()
    queue(now)
    deliver(now)
    Delivery.objects.update(state=DeliveryState.FAILED)
    return Delivery.objects.get()


def test_only_administrators_read_it(as_operator: Client, failed: Delivery) -> None:
    for path in ("/settings/deliveries/", failed.get_absolute_url()):
        assert as_operator.get(path).status_code == 403


def test_before_the_first_message_it_says_what_to_do(as_administrator: Client) -> None:
    assert "No message yet" in text(as_administrator.get("/settings/deliveries/"))


def test_the_list_is_narrowed(as_administrator: Client, failed: Delivery) -> None:
    def rows(query: str) -> bool:
        return failed.get_absolute_url() in text(
            as_administrator.get(f"/settings/deliveries/?{query}")
        )

    assert rows("")
    assert rows("state=failed")
    assert not rows("state=sent")
    assert rows("sort=urgent")
    assert not rows("sort=digest")
    assert rows("q=ANNA")
    assert not rows("q=boris")


def test_a_message_shows_its_notices_and_each_attempt(
    as_administrator: Client, failed: Delivery
) -> None:
    page = text(as_administrator.get(failed.get_absolute_url()))
    assert "The mail server was not reached: Connection refused." in page
    assert "The certificate of cm1.example.com expires in 30 days." in page
    assert "Given up" in page


def test_it_is_sent_again(
    as_administrator: Client, failed: Delivery, settings: Any, mailoutbox: list[Any]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    page = text(as_administrator.get(failed.get_absolute_url()))
    assert "Send again" in page
    as_administrator.post(f"{failed.get_absolute_url()}again/")
    deliver(timezone.now())
    assert len(mailoutbox) == 1
    page = text(as_administrator.get(failed.get_absolute_url()))
    assert "Send again" not in page
    answer = as_administrator.post(f"{failed.get_absolute_url()}again/")
    assert answer.status_code == 409
    assert "has arrived already" in text(answer)


def test_the_overview_tells_of_messages_that_did_not_arrive(
    as_administrator: Client, failed: Delivery
) -> None:
    page = text(as_administrator.get("/"))
    assert "A message did not arrive" in page
    assert "/settings/deliveries/?state=failed" in page
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=30))
    assert "did not arrive" not in text(as_administrator.get("/"))


def test_the_list_takes_as_many_queries_for_many_messages(
    as_administrator: Client, failed: Delivery, django_assert_max_num_queries: Any
) -> None:
    Delivery.objects.bulk_create(
        Delivery(key=f"k{n}", sort="digest", address="a@example.com", label="a@example.com")
        for n in range(200)
    )
    with django_assert_max_num_queries(10):
        as_administrator.get("/settings/deliveries/")
