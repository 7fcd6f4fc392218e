"""Which job is due, who runs it, and what is kept of it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from pki.actions import clock
from pki.models import Job, JobRun

EVERY = {"quick": timedelta(minutes=1), "slow": timedelta(hours=1)}
pytestmark = pytest.mark.django_db


def test_a_job_is_due_at_first_and_then_once_an_interval() -> None:
    assert sorted(clock.tick(EVERY)) == ["quick", "slow"]
    assert clock.tick(EVERY) == []
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert clock.tick(EVERY) == ["quick"]
        assert clock.tick(EVERY) == []


def test_after_a_long_silence_a_job_is_due_once() -> None:
    clock.tick(EVERY)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert sorted(clock.tick(EVERY)) == ["quick", "slow"]
        assert clock.tick(EVERY) == []


def test_what_is_due_at_once_runs_in_the_order_of_the_jobs() -> None:
    """As when the machine was off: what renews comes before what reminds of it."""
    in_order = {name: timedelta(hours=1) for name in ("renewals", "probes", "reminders", "mail")}
    assert clock.tick(in_order) == ["renewals", "probes", "reminders", "mail"]
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        assert clock.tick(in_order) == ["renewals", "probes", "reminders", "mail"]


def test_of_two_schedulers_one_gets_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one has seen the same date, and finds that it was moved."""
    Job.objects.create(name="quick", next_run_at=timezone.now() - timedelta(seconds=1))
    seen = Job.objects.get(name="quick").next_run_at
    assert clock.tick(EVERY)
    assert not Job.objects.filter(name="quick", next_run_at=seen).exists()


def test_one_runs_at_a_time_and_a_dead_one_gives_it_back() -> None:
    second: list[object] = []

    def work() -> str:
        second.append(clock.run("quick", lambda: "twice"))
        return "once"

    done = clock.run("quick", work)
    assert done is not None
    assert (done.message, second) == ("once", [None])
    # As a process that was killed leaves it.
    Job.objects.update(leased_until=timezone.now() + timedelta(minutes=10))
    assert clock.run("quick", lambda: "again") is None
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert clock.run("quick", lambda: "again") is not None


def test_what_went_wrong_is_kept_and_the_next_run_is_not_hindered() -> None:
    def fail() -> str:
        raise ValueError("x" * 2_000)

    with pytest.raises(ValueError, match="x"):
        clock.run("quick", fail)
    kept = JobRun.objects.get()
    assert (kept.outcome, len(kept.message)) == ("failed", 500)
    assert clock.run("quick", lambda: "fine") is not None
    assert Job.objects.get().failures == 0


def test_old_runs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "KEPT", 3)
    for number in range(6):
        clock.run("quick", lambda number=number: str(number))
    assert list(JobRun.objects.values_list("message", flat=True)) == ["5", "4", "3"]
