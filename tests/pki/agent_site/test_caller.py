"""Noting that an agent was seen."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from pki.agent_site.caller import note, noted
from pki.models import Workstation

pytestmark = pytest.mark.django_db

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def workstation() -> Workstation:
    # What this process remembers of another test's.
    noted.clear()
    return Workstation.objects.create(agent_id="one", public_key_sha256="aa", name="one")


def seen_at(workstation: Workstation, *moments: datetime) -> datetime | None:
    """When it was seen last, after calls at these moments."""
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            note(workstation.pk, "192.0.2.7")
    workstation.refresh_from_db()
    return workstation.last_seen_at


def test_an_agent_is_noted_once_a_minute(workstation: Workstation) -> None:
    assert seen_at(workstation, NOON, NOON + timedelta(seconds=59)) == NOON
    assert seen_at(workstation, NOON + timedelta(seconds=60)) == NOON + timedelta(seconds=60)


def test_an_agent_is_noted_after_the_machine_slept_for_a_day(workstation: Workstation) -> None:
    later = NOON + timedelta(days=1)
    assert seen_at(workstation, NOON, later) == later


def test_an_agent_is_noted_after_the_clock_was_set_back(workstation: Workstation) -> None:
    earlier = NOON - timedelta(days=1)
    assert seen_at(workstation, NOON, earlier) == earlier
