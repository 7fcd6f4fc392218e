"""A PostgreSQL of the tests' own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_product import RunningProduct, free_port


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


def new_database(database_url: str, name: str) -> str:
    """The address of an empty one, which no other file of tests uses."""
    server = database_url.replace("postgres://", "postgresql://")
    create = (
        f"import psycopg; connection = psycopg.connect({server!r}, autocommit=True); "
        f"connection.execute('CREATE DATABASE {name}')"
    )
    subprocess.run([sys.executable, "-c", create], check=True)
    return f"{database_url.rpartition('/')[0]}/{name}"


def prepared(directory: Path, address: str, **environment: str) -> RunningProduct:
    """Its tables, and nothing of it running."""
    made = RunningProduct(directory, DATABASE_URL=address, **environment)
    for command in (("migrate", "--verbosity", "0"), ("createcachetable",)):
        done = made.command(*command)
        assert done.returncode == 0, done.stderr
    return made
