"""Strangers do not fill the audit trail, and what they did is counted all the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client

from pki.actions.actor import SYSTEM, Actor
from pki.actions.registration import NEW_A_MINUTE, Registered, Registration, TooMany, register
from pki.actions.registration_policy import change_policy
from pki.actions.strangers import CEILING, close_minutes, counts, store
from pki.jobs import KINDS
from pki.models import AuditEvent, Authority, TrailMinute, User, Workstation
from tests.attacks.agent_callers import AgentCaller
from tests.pki.conftest import Agent

NOON = datetime(2026, 6, 1, 12, 0, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(authority: Authority, administrator: User) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def written(event: str = "agent.refused") -> int:
    return AuditEvent.objects.filter(event=event).count()


def more() -> list[tuple[int, dict[str, int]]]:
    return [
        (event.detail["number"], event.detail["events"])
        for event in AuditEvent.objects.filter(event="audit.more").order_by("id")
    ]


def refused_agents(*addresses: str) -> None:
    for address in addresses:
        assert AgentCaller(address=address).call("POST", "/agent/v1/hello").status_code == 401


def test_one_line_counts_once_whatever_address_it_takes(clock: time_machine.Traveller) -> None:
    refused_agents(*(f"2001:db8:1:2::{number:x}" for number in range(1, 41)))
    assert written() == 1
    clock.shift(60)
    refused_agents("10.0.0.1")
    assert more() == [(39, {"agent.refused": 39})]


def test_other_lines_and_other_reasons_count_apart() -> None:
    refused_agents("2001:db8:1:2::1", "2001:db8:1:3::1", "10.0.0.1", "10.0.0.2")
    AgentCaller(b"not ours", "10.0.0.1").call("POST", "/agent/v1/hello")
    assert written() == 5


def test_an_ipv4_address_written_as_ipv6_is_the_same_caller() -> None:
    refused_agents("::ffff:10.0.0.1", "10.0.0.1")
    assert written() == 1


def test_a_flood_from_everywhere_meets_a_ceiling(clock: time_machine.Traveller) -> None:
    refused_agents(*(f"10.0.{number // 250}.{number % 250}" for number in range(CEILING + 90)))
    assert written() == CEILING
    clock.shift(60)
    refused_agents("10.9.9.9")
    assert written() == CEILING + 1
    assert more() == [(90, {"agent.refused": 90})]


def test_a_flood_of_one_event_does_not_hide_another(clock: time_machine.Traveller) -> None:
    refused_agents(*(f"10.0.1.{number}" for number in range(CEILING + 5)))
    given = {"login": "administrator", "password": "guessed"}
    for number in range(CEILING + 7):
        address = f"10.7.7.{number}"
        caches[
            "counters"
        ].clear()  # of the limits for sign-ins, which are not what is looked at here
        Client().post("/accounts/login/", given, secure=True, REMOTE_ADDR=address)
    assert written("agent.refused") == written("user.sign_in_failed") == CEILING
    clock.shift(60)
    KINDS["counted-events"].work()
    assert more() == [(12, {"agent.refused": 5, "user.sign_in_failed": 7})]


def test_another_process_knows_what_this_one_wrote(clock: time_machine.Traveller) -> None:
    refused_agents(*(f"10.0.1.{number}" for number in range(CEILING)))
    counts.forget()
    refused_agents("10.0.1.1", "10.0.2.1")
    assert written() == CEILING
    store()
    clock.shift(60)
    KINDS["counted-events"].work()
    assert more() == [(2, {"agent.refused": 2})]


def test_what_was_counted_is_stored_with_the_next_request_of_any_sort(
    clock: time_machine.Traveller,
) -> None:
    refused_agents("10.0.0.1", "10.0.0.1", "10.0.0.1")
    counts.stored_at = float("-inf")
    Client().get("/healthz", secure=True)
    assert TrailMinute.objects.get(event="agent.refused").more == 2


def test_counts_that_come_late_are_said_late(clock: time_machine.Traveller) -> None:
    refused_agents("10.0.0.1", "10.0.0.1", "10.0.0.1")
    store()
    clock.shift(61)
    assert close_minutes(datetime.now(UTC)) == 1
    counts.add(NOON.replace(second=0), "agent.refused", 7)
    store()
    assert close_minutes(datetime.now(UTC)) == 1
    assert close_minutes(datetime.now(UTC) + timedelta(hours=1)) == 0
    assert [number for number, _ in more()] == [2, 7]


def test_nothing_is_said_of_a_minute_in_which_all_was_written(
    clock: time_machine.Traveller,
) -> None:
    refused_agents("10.0.0.1", "10.0.0.2")
    clock.shift(60)
    KINDS["counted-events"].work()
    assert more() == []
    assert not TrailMinute.objects.exists()


def test_guesses_at_many_names_are_one_kind(clock: time_machine.Traveller) -> None:
    for number in range(8):
        given = {"login": f"nobody{number}", "password": "guessed"}
        address = f"2001:db8::{number + 1}"
        Client().post("/accounts/login/", given, secure=True, REMOTE_ADDR=address)
    assert written("user.sign_in_failed") == 1


def test_one_line_registers_no_more_than_an_ipv4_address_may() -> None:
    change_policy(open_to_all=True, automatic=False, actor=SYSTEM)
    for number in range(NEW_A_MINUTE):
        Workstation.objects.create(
            agent_id=f"pc-{number}",
            name="x",
            public_key_sha256=str(number),
            address=f"2001:db8:5:5::{number + 1:x}",
        )
    same, other = (Agent("pc-x"), Agent("pc-y"))
    with pytest.raises(TooMany):
        registers(same, "2001:db8:5:5::ffff")
    assert registers(other, "2001:db8:5:6::1").workstation.state == "pending"


def registers(agent: Agent, address: str) -> Registered:
    registration = Registration(agent_id=agent.agent_id, request=agent.request)
    return register(registration, actor=Actor(name="agent", door="agent", address=address))
