"""Which steps of a certificate are promised for which day."""

from datetime import UTC, datetime, timedelta
from typing import Any

from simulation.told.steps import Life, promised

BEGIN = datetime(2027, 1, 1, tzinfo=UTC)
#: A look a day, for a certificate of a hundred days.
LOOKS = [BEGIN + timedelta(days=day, minutes=1) for day in range(120)]


def told(*deeds: dict[str, Any], over: int | None = None, kind: str = "workstation") -> list[Any]:
    """Steps with the days that were left."""
    life = Life(
        kind,
        "pc-1",
        BEGIN,
        BEGIN + timedelta(days=100),
        None if over is None else BEGIN + timedelta(days=over),
    )
    return [(step, 100 - (look - BEGIN).days) for step, look in promised(life, LOOKS, deeds)]


def deed(what: str, day: int, until: int | None = None) -> dict[str, Any]:
    at, later = BEGIN + timedelta(days=day, minutes=2), BEGIN + timedelta(days=until or 0)
    return {"what": what, "at": at.isoformat(), "until": later.isoformat() if until else ""}


def test_each_step_is_promised_once_on_its_day() -> None:
    assert told() == [(str(days), days) for days in (60, 30, 14, 7, 3, 1, 0)]


def test_after_a_renewal_it_is_told_that_it_is_over_and_nothing_more() -> None:
    assert told(over=75) == [("60", 60), ("30", 30), ("closed", 25)]


def test_what_was_never_told_is_not_told_to_be_over() -> None:
    assert told(over=20) == []


def test_in_hand_it_is_told_again_in_the_last_days_only() -> None:
    assert told(deed("taken_up", 41)) == [("60", 60), ("3", 3), ("1", 1), ("0", 0)]


def test_put_off_it_is_told_when_it_wakes() -> None:
    said = told(deed("put_off", 41, until=50), over=60)
    assert said == [("60", 60), ("woken-2027-02-20", 50), ("closed", 40)]


def test_a_step_that_passed_while_it_was_put_off_is_told_when_it_wakes() -> None:
    said = told(deed("put_off", 65, until=75), over=80)
    assert said == [("60", 60), ("30", 25), ("closed", 20)]


def test_of_a_server_nobody_takes_up_somebody_else_hears() -> None:
    assert told(kind="server", over=50) == [("60", 60), ("escalated", 55), ("closed", 50)]
    assert told(deed("taken_up", 41), kind="server", over=50) == [("60", 60), ("closed", 50)]
