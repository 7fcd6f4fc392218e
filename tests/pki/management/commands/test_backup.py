"""`certiflow backup`: one file, closed to everybody, all of it or nothing."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pki.management.conftest import Shell

PASSWORD = "what opens the backup"
STDIN = f"{PASSWORD}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "certiflow.backup"


def test_the_file_is_for_its_owner_and_says_what_it_is(shell: Shell, file: Path) -> None:
    said = shell.done("backup", str(file), "--password-stdin", stdin=STDIN)
    assert str(file) in said
    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    assert content.startswith(b"CertiFlow Admin backup, ")
    assert b"certiflow restore" in content.splitlines()[0]
    keys = (shell.directory / "var" / "master_keys").read_bytes().split()
    for secret in (b"alice", b"CM Agent CA", b"BEGIN", PASSWORD.encode(), *keys):
        assert secret not in content
    assert "There has never been one" not in shell.done("doctor")


def test_for_scripts_it_says_the_same_as_json(shell: Shell, file: Path) -> None:
    said = shell.document("backup", str(file), "--password-stdin", stdin=STDIN)
    assert said["bytes"] == file.stat().st_size
    assert said["rows"] > 5
    assert said["keys_that_do_not_open"] == 0


def test_a_file_that_is_there_stays_unless_it_is_said(shell: Shell, file: Path) -> None:
    file.write_bytes(b"last night's")
    refusal = shell.refused("backup", str(file), "--password-stdin", stdin=STDIN)
    assert "--force" in refusal
    assert file.read_bytes() == b"last night's"
    shell.done("backup", str(file), "--password-stdin", "--force", stdin=STDIN)
    assert file.read_bytes().startswith(b"CertiFlow Admin backup")


@pytest.mark.parametrize(
    ("stdin", "why"), [("short\n", "at least 12"), ("password1234\n", "common"), ("\n", "no pass")]
)
def test_a_password_that_protects_nothing_is_refused(
    shell: Shell, file: Path, stdin: str, why: str
) -> None:
    assert why in shell.refused("backup", str(file), "--password-stdin", stdin=stdin)
    assert not file.exists()


def test_without_a_terminal_it_wants_to_be_told_where_the_password_is(
    shell: Shell, file: Path
) -> None:
    assert "--password-stdin" in shell.refused("backup", str(file), stdin=STDIN)
    assert shell.run("backup", str(file), "--password", PASSWORD).returncode == 2
    assert not file.exists()


def test_the_wrong_directory_is_noticed(new_shell: Shell, file: Path) -> None:
    new_shell.done("migrate", "--verbosity", "0")
    refusal = new_shell.refused("backup", str(file), "--password-stdin", stdin=STDIN)
    assert "CERTIFLOW_DATA_DIR" in refusal
    assert not file.exists()


def on_a_small_disk(shell: Shell, *arguments: str | Path) -> str:
    """The sentence of a command to which every file has 1 MB of room."""
    small = (1_000_000, 1_000_000)
    finished = subprocess.run(
        [Path(sys.executable).with_name("certiflow"), *arguments, "--password-stdin"],
        input=STDIN, capture_output=True, text=True, check=False, env=shell.product.environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, small),
    )  # fmt: skip
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr.count("\n") == 1
    return finished.stderr


def fill(shell: Shell) -> None:
    shell.done(
        *("shell", "--no-imports", "-c"),
        "import os; from django.db import transaction; from pki.actions.actor import SYSTEM; "
        "from pki.actions.audit import record; f = transaction.atomic(); f.__enter__(); "
        "[record(SYSTEM, 'server.changed', x=os.urandom(2000).hex()) for _ in range(1000)]; "
        "f.__exit__(None, None, None)",
    )


def test_a_full_disk_leaves_the_backup_before(shell: Shell, tmp_path: Path) -> None:
    fill(shell)
    file = tmp_path / "disk" / "certiflow.backup"
    file.parent.mkdir()
    file.write_bytes(b"last night's")
    assert "make room" in on_a_small_disk(shell, "backup", file, "--force")
    assert [path.read_bytes() for path in file.parent.iterdir()] == [b"last night's"]


@pytest.mark.skipif(
    os.environ.get("DATABASE_URL", "").startswith("postgres"), reason="its disk is the server's"
)
def test_a_full_disk_leaves_an_empty_installation(
    shell: Shell, new_shell: Shell, file: Path
) -> None:
    fill(shell)
    shell.done("backup", str(file), "--password-stdin", stdin=STDIN)
    for prepare in (("migrate", "--verbosity", "0"), ("createcachetable",)):
        new_shell.done(*prepare)
    assert "Nothing was restored; make room" in on_a_small_disk(new_shell, "restore", file)
    assert "[]" in new_shell.done("dumpdata", "pki")
    new_shell.done("restore", str(file), "--password-stdin", stdin=STDIN)


def test_the_password_is_in_no_table_and_no_event(shell: Shell, file: Path) -> None:
    shell.done("backup", str(file), "--password-stdin", stdin=STDIN)
    dumped = shell.done("dumpdata", "pki")
    assert PASSWORD not in dumped
    events = [row["fields"] for row in json.loads(dumped) if row["model"] == "pki.auditevent"]
    made = [event for event in events if event["event"] == "backup.made"][-1]
    assert made["detail"]["size"] == file.stat().st_size
    assert made["door"] == "command"
