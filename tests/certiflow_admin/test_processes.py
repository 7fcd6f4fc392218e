"""Several processes as one: how they end, together and each by itself."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

#: A little supervisor; its processes write a line each and then do as they are told.
SUPERVISOR = """
import sys
from certiflow_admin.processes import Process, run

lasting = "import time; print('here', flush=True); time.sleep(60)"
short = "print('good-bye', flush=True); raise SystemExit({code})"
processes = [Process("lasting", ("-c", lasting))]
if {short}:
    processes.append(Process("short", ("-c", short)))
sys.exit(run(processes, sys.stdout, sys.stderr))
"""


class Supervised:
    def __init__(self, directory: Path, *, short: bool = False, code: int = 0) -> None:
        self.out, self.err = directory / "out", directory / "err"
        source = textwrap.dedent(SUPERVISOR).format(short=short, code=code)
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([sys.executable, "-c", source], stdout=out, stderr=err)

    def wait_for(self, text: str) -> None:
        while text not in self.out.read_text():
            assert self.process.poll() is None, self.err.read_text()
            time.sleep(0.05)

    def children(self) -> list[int]:
        """Everything the supervisor started, by the kernel's account."""
        listed = subprocess.run(
            ["ps", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
        )
        pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
        found = [self.process.pid]
        for parent in found:
            found += [pid for pid, ppid in pairs if ppid == parent]
        return found[1:]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_stop_ends_all_and_counts_as_done(
    tmp_path: Path, number: signal.Signals
) -> None:
    supervised = Supervised(tmp_path)
    supervised.wait_for("lasting | here")
    children = supervised.children()
    supervised.process.send_signal(number)
    assert supervised.process.wait() == 0
    assert supervised.err.read_text() == ""
    assert not any(map(is_running, children))


@pytest.mark.parametrize("code", [0, 3])
def test_one_that_ends_by_itself_ends_all_and_is_named(tmp_path: Path, code: int) -> None:
    supervised = Supervised(tmp_path, short=True, code=code)
    assert supervised.process.wait() == 1
    assert "short   | good-bye" in supervised.out.read_text()
    assert supervised.err.read_text().startswith("The short ended by itself")


def test_a_stop_in_the_first_moment_is_not_lost(tmp_path: Path) -> None:
    """The signal may come before the processes have said their numbers."""
    supervised = Supervised(tmp_path)
    while not supervised.children():
        assert supervised.process.poll() is None, supervised.err.read_text()
        time.sleep(0.005)
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.process.wait() in {0, -signal.SIGTERM}


def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path)
    supervised.wait_for("lasting | here")
    children = supervised.children()
    assert len(children) >= 2
    supervised.process.kill()
    supervised.process.wait()
    while any(map(is_running, children)):  # A second or two, and the test's own time limit.
        time.sleep(0.05)
