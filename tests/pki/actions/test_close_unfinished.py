"""What a crash left behind is found and closed, and what is at work is left alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from pki.actions.actor import SYSTEM
from pki.actions.close_unfinished import close_unfinished, unfinished
from pki.models import Authority, Certificate, Server
from tests.pki.actions.evidence import audited


def reservation(root: Authority, server: Server, age: timedelta) -> Certificate:
    now = timezone.now()
    return Certificate.objects.create(
        serial_number=f"{server.pk:x}", profile="server", authority=root, server=server,
        common_name=server.fqdn, subject="CN=x", issuer="CN=y", key_algorithm="ec-p256",
        not_before=now, not_after=now, created_at=now - age,
    )  # fmt: skip


@pytest.fixture
def old(root: Authority, server: Server) -> Certificate:
    return reservation(root, server, timedelta(minutes=5))


@pytest.fixture
def young(root: Authority) -> Certificate:
    return reservation(root, Server.objects.create(fqdn="cm2.example.com"), timedelta(0))


def test_only_old_reservations_count_as_unfinished(old: Certificate, young: Certificate) -> None:
    assert unfinished() == [old]


def test_each_one_closed_is_written_down(old: Certificate, root: Authority) -> None:
    with audited("certificate.abandoned") as events:
        assert close_unfinished(SYSTEM) == 1
    old.refresh_from_db()
    assert old.state == "abandoned"
    assert (events[0].actor, events[0].object_id) == ("system", str(old.pk))
    assert Certificate.objects.get(pk=root.certificate.pk).state == "issued"


def test_where_another_node_may_be_at_work_young_ones_are_left_alone(
    old: Certificate, young: Certificate
) -> None:
    expected = 2 if connection.vendor == "sqlite" else 1
    assert close_unfinished(SYSTEM) == expected
    assert close_unfinished(SYSTEM) == 0
