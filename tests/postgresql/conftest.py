"""A PostgreSQL of the tests' own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_product import free_port


def program(name: str) -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(versions[-1]) if versions else shutil.which(name)
    return Path(found) if found else None


def as_database_user(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root; Debian's package brings a user for it."""
    plain = [str(part) for part in command]
    return ["runuser", "-u", "postgres", "--", *plain] if os.geteuid() == 0 else plain


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL is not installed; `make test-tools` installs it.")
    # A path of its own under /tmp: pytest's directories are closed to the database's user.
    made = subprocess.run(
        as_database_user("mktemp", "-d", "/tmp/certiflow-postgresql-XXXXXX"),
        capture_output=True,
        text=True,
        check=True,
    )
    directory, port = Path(made.stdout.strip()), free_port()
    subprocess.run(
        as_database_user(initdb, "-D", directory, "-U", "certiflow", "-A", "trust", "--no-sync"),
        check=True,
        capture_output=True,
    )
    options = f"-p {port} -k {directory} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run(
        as_database_user(
            pg_ctl, "-D", directory, "-w", "-l", directory / "log", "-o", options, "start"
        ),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    yield f"postgres://certiflow@127.0.0.1:{port}/postgres"
    subprocess.run(
        as_database_user(pg_ctl, "-D", directory, "-m", "immediate", "stop"),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(as_database_user("rm", "-r", directory), check=True)
