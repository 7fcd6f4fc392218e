"""Programs under the moved clock."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulation.moved_clock import MovedClock, preload, start_at

pytestmark = pytest.mark.skipif(not preload(), reason="faketime is not installed")

BEGIN = datetime(2035, 5, 1, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> MovedClock:
    return start_at(tmp_path / "clock", BEGIN)


def said(clock: MovedClock, *command: str) -> str:
    done = subprocess.run(
        command, env=clock.environment(), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_another_program_reads_the_moved_time(clock: MovedClock) -> None:
    assert said(clock, "date", "-u", "+%Y-%m-%d") == "2035-05-01"
    clock.move(timedelta(days=400))
    assert said(clock, "date", "-u", "+%Y-%m-%d") == "2036-06-04"


def test_a_running_program_jumps_with_the_clock(clock: MovedClock) -> None:
    program = "import datetime\nwhile input(): print(datetime.datetime.now().year, flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=clock.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        years = []
        for _ in range(3):
            running.stdin.write("go\n")
            running.stdin.flush()
            years.append(running.stdout.readline().strip())
            clock.move(timedelta(days=366))
        running.kill()
    assert years == ["2035", "2036", "2037"]


def test_sleeping_takes_as_long_as_ever(clock: MovedClock) -> None:
    began = time.monotonic()
    slept = said(
        clock,
        sys.executable,
        "-c",
        "import time; a = time.monotonic(); time.sleep(0.3); print(time.monotonic() - a)",
    )
    assert 0.3 <= float(slept) <= time.monotonic() - began


def test_it_goes_forward_only(clock: MovedClock) -> None:
    with pytest.raises(ValueError, match="forward"):
        clock.move(timedelta(days=-1))
