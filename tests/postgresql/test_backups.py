"""A backup knows no database: from SQLite into PostgreSQL, and back again."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.pki.management.commands.test_restore import (
    FILLING,
    GOES_ON,
    back_up,
    content,
    is_empty,
    refused,
    restore,
)
from tests.pki.management.conftest import Shell
from tests.postgresql.conftest import new_database

pytestmark = pytest.mark.started


def shell_in(directory: Path, **environment: str) -> Shell:
    directory.mkdir()
    return Shell(directory, **environment)


def kept(shell: Shell) -> dict[str, list[dict[str, Any]]]:
    return {table: rows for table, rows in content(shell).items() if table not in GOES_ON}


def numbered(shell: Shell) -> list[str]:
    events = content(shell)["pki.auditevent"]
    return [row["fields"]["event"] for row in sorted(events, key=lambda row: int(row["pk"]))]


def test_from_sqlite_into_postgresql_and_back(tmp_path: Path, database_url: str) -> None:
    first = shell_in(tmp_path / "first").set_up("--server", "cm1.example.com")
    first.done("shell", "--no-imports", "-c", FILLING)
    file = back_up(first, tmp_path / "1.backup")

    second = shell_in(tmp_path / "second", DATABASE_URL=new_database(database_url, "restored"))
    assert "cannot" not in refused(second, file, stdin="not the password\n")
    assert is_empty(second)
    restore(second, file)
    assert kept(second) == kept(first)
    assert "All 3 open" in second.done("doctor")
    # The sequences go on behind what was restored.
    second.done("issue", "--server", "cm2.example.com")
    second.done("token", "another")
    assert "not empty" in refused(second, file)

    again = back_up(second, tmp_path / "2.backup")
    third = shell_in(tmp_path / "third")
    restore(third, again)
    assert kept(third) == kept(second)
    assert "All 4 open" in third.done("doctor")
    assert numbered(third)[: len(numbered(first)) - 1] == numbered(first)[:-1]


WRITER = """
import sys, time
from pki.actions.actor import SYSTEM
from pki.actions.servers import add_server
for number in range(10_000):
    add_server(f"during-{number}.example.com", actor=SYSTEM)
    print(number, flush=True)
"""


def test_rows_and_their_events_are_of_one_moment(tmp_path: Path, database_url: str) -> None:
    """Somebody writes all the time, a row and an event in each transaction."""
    address = new_database(database_url, "busy")
    shell = shell_in(tmp_path / "busy", DATABASE_URL=address).set_up()
    writer = subprocess.Popen(
        [Path(sys.executable).with_name("certiflow"), "shell", "--no-imports", "-c", WRITER],
        env=shell.product.environment,
        stdout=subprocess.PIPE,
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    drain = threading.Thread(target=writer.stdout.read, daemon=True)
    drain.start()
    file = back_up(shell, tmp_path / "busy.backup")
    assert writer.poll() is None
    writer.kill()
    writer.wait()
    drain.join()
    restored = shell_in(tmp_path / "restored")
    restore(restored, file)
    rows = json.loads(restored.done("dumpdata", "pki"))
    during = [
        row for row in rows
        if row["model"] == "pki.server" and row["fields"]["fqdn"].startswith("during-")
    ]  # fmt: skip
    events = [
        row for row in rows
        if row["model"] == "pki.auditevent" and "during-" in row["fields"]["object_label"]
    ]  # fmt: skip
    assert len(during) == len(events) > 0
