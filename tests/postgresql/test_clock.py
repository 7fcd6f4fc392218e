"""Two schedulers and two workers on one database: every job once, also after a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pki.jobs import KINDS
from tests.postgresql.conftest import new_database, prepared
from tests.running_product import RunningProduct

pytestmark = pytest.mark.started
PROGRAM = Path(sys.executable).with_name("certiflow")


@pytest.fixture(scope="module")
def product(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> RunningProduct:
    address = new_database(database_url, "clock")
    return prepared(tmp_path_factory.mktemp("clock"), address)


def started(product: RunningProduct, *command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [PROGRAM, *command],
        env=product.environment,
        cwd=product.directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ask(product: RunningProduct, code: str) -> str:
    done = product.command("shell", "--no-imports", "-c", f"from pki.models import *; {code}")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def until(product: RunningProduct, code: str, expected: str) -> None:
    deadline = time.monotonic() + 60
    said = ""
    while time.monotonic() < deadline:
        said = ask(product, code)
        if said == expected:
            return
        time.sleep(0.5)
    raise AssertionError(f"{code} says {said}, not {expected}")


#: Without those that are due every minute, so that a slow machine counts the same.
RUNS = (
    "print(JobRun.objects.filter(outcome='done')"
    ".exclude(job__in=['bulk-changes', 'deliveries']).count())"
)
ONCE = len(KINDS) - 2


def test_two_schedulers_and_two_workers_run_every_job_once(product: RunningProduct) -> None:
    processes = [
        started(product, *command)
        for command in (("scheduler",), ("scheduler",), ("worker",), ("worker",))
    ]
    try:
        until(product, RUNS, str(ONCE))
        # Each is due again now, and both schedulers see that at the same time.
        ask(product, "from django.utils.timezone import now; Job.objects.update(next_run_at=now())")
        until(product, RUNS, str(2 * ONCE))
        time.sleep(8)
        assert ask(product, RUNS) == str(2 * ONCE)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def test_a_worker_killed_in_mid_job_loses_nothing(product: RunningProduct) -> None:
    """The job is broken off, its lease runs out, and the next worker does it."""
    ask(product, "JobRun.objects.all().delete()")
    slow = (
        "from pki.actions import clock; import time; "
        "clock.run('unfinished', lambda: time.sleep(60) or 'never')"
    )
    worker = started(product, "shell", "--no-imports", "-c", slow)
    until(product, "print(JobRun.objects.count())", "1")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    held = product.command("maintain")
    assert "Unfinished certificates: runs elsewhere now" in held.stdout, held.stderr
    ask(
        product,
        "from django.utils.timezone import now; Job.objects.update(leased_until=now())",
    )
    taken = product.command("maintain")
    assert "Unfinished certificates: Nothing was left unfinished" in taken.stdout, taken.stderr


def test_a_database_that_went_away_is_taken_up_again(product: RunningProduct) -> None:
    """Scheduler and worker go on when their connections were cut, as by a restart."""
    ask(product, "JobRun.objects.all().delete(); Job.objects.update(leased_until=None)")
    due = "from django.utils.timezone import now; Job.objects.update(next_run_at=now())"
    processes = [started(product, "scheduler"), started(product, "worker")]
    try:
        ask(product, due)
        until(product, RUNS, str(ONCE))
        ask(
            product,
            "from django.db import connection; connection.cursor().execute('SELECT "
            "pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid()')",
        )
        ask(product, due)
        until(product, RUNS, str(2 * ONCE))
        assert [process.poll() for process in processes] == [None, None]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)
