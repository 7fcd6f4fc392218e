"""What the database itself refuses about certificates, and the one word for their condition."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from pki.models import Certificate, Server

NOW = datetime(2030, 6, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def certificate(**fields: Any) -> Certificate:
    serial_number = f"{Certificate.objects.count() + 1:x}"
    return Certificate.objects.create(
        **{
            "serial_number": serial_number,
            "profile": "server",
            "subject": "CN=cm1.example.com",
            "issuer": "CN=CM Agent CA",
            "state": "issued",
            "sha256": serial_number.zfill(64),
            "not_before": NOW - timedelta(days=100),
            "not_after": NOW + timedelta(days=100),
        }
        | fields
    )


def refused(**fields: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        certificate(**fields)


@pytest.mark.parametrize("state", ["issued", "revoked"])
def test_what_is_issued_is_stored(state: str) -> None:
    refused(state=state, sha256="")


@pytest.mark.parametrize("state", ["prepared", "abandoned"])
def test_what_was_not_issued_has_no_fingerprint_and_there_may_be_many(state: str) -> None:
    for _ in range(2):
        assert certificate(state=state, sha256="").sha256 == ""


def test_a_serial_number_is_unique_within_its_issuer() -> None:
    certificate(serial_number="ab")
    certificate(serial_number="ab", issuer="CN=Corporate Root")
    refused(serial_number="ab")


def test_a_certificate_is_stored_once() -> None:
    certificate(sha256="f" * 64)
    refused(sha256="f" * 64, issuer="CN=Corporate Root")


def test_a_server_has_one_reservation_at_a_time() -> None:
    server = Server.objects.create(fqdn="cm1.example.com")
    certificate(server=server, state="prepared", sha256="")
    certificate(server=server)
    certificate(server=server, state="abandoned", sha256="")
    refused(server=server, state="prepared", sha256="")
    other = Server.objects.create(fqdn="cm2.example.com")
    assert certificate(server=other, state="prepared", sha256="")


def test_a_certificate_is_current_for_one_server_at_most() -> None:
    one = certificate()
    Server.objects.create(fqdn="cm1.example.com", certificate=one)
    with pytest.raises(IntegrityError), transaction.atomic():
        Server.objects.create(fqdn="cm2.example.com", certificate=one)


@pytest.mark.parametrize(
    ("from_now", "condition"),
    [
        (timedelta(days=-101), "future"),
        (timedelta(days=-100), "valid"),
        (timedelta(days=70), "valid"),
        (timedelta(days=70, seconds=1), "expiring"),
        (timedelta(days=100, seconds=-1), "expiring"),
        (timedelta(days=100), "expired"),
        (timedelta(days=4000), "expired"),
    ],
)
def test_the_condition_of_an_issued_certificate_follows_the_clock(
    from_now: timedelta, condition: str
) -> None:
    assert certificate().condition(NOW + from_now) == condition


@pytest.mark.parametrize("state", ["prepared", "abandoned", "revoked"])
@pytest.mark.parametrize("days", [-4000, 0, 4000])
def test_another_state_goes_before_the_clock(state: str, days: int) -> None:
    found = certificate(state=state).condition(NOW + timedelta(days=days))
    assert found == state


def test_time_left_turns_negative_once_it_has_expired() -> None:
    row = certificate()
    assert row.time_left(NOW) == timedelta(days=100)
    assert row.time_left(NOW + timedelta(days=101)) == timedelta(days=-1)


def test_people_see_a_name_and_an_address() -> None:
    row = certificate(common_name="cm1.example.com", serial_number="ab")
    assert str(row) == "cm1.example.com (ab)"
    assert row.get_absolute_url() == "/certificates/ab/"
    assert str(certificate(serial_number="cd")) == "CN=cm1.example.com (cd)"
