"""Nobody else on the machine reads what the product stores, whichever command came first."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running_product import RunningProduct

pytestmark = pytest.mark.started

ROOT = Path(__file__).parents[2]
CERTIFLOW = str(Path(sys.executable).with_name("certiflow"))
SETUP = ("setup", "--admin", "alice", "--password-stdin", "--root-key-size", "2048")
PASSWORD = "correct horse battery\n"


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """What a shell has."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def product(tmp_path: Path) -> RunningProduct:
    return RunningProduct(tmp_path)


def run(product: RunningProduct, *command: str) -> None:
    finished = subprocess.run(
        command,
        input=PASSWORD,
        capture_output=True,
        text=True,
        env=product.environment,
        cwd=ROOT if command[1].endswith("manage.py") else product.directory,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


def readable_by_others(product: RunningProduct) -> list[str]:
    """All but the files of the pages, which everybody gets anyway."""
    data = product.directory / "var"
    found = [data, *(path for path in data.rglob("*") if data / "static" not in path.parents)]
    return [str(path) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077]


@pytest.mark.parametrize(
    "command",
    [
        (CERTIFLOW, "migrate", "--verbosity=0"),
        (CERTIFLOW, "createcachetable"),
        (CERTIFLOW, "collectstatic", "--no-input", "--verbosity=0"),
        (CERTIFLOW, *SETUP),
        (sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"),
        (sys.executable, "-m", "certiflow_admin.command_line", "migrate", "--verbosity=0"),
        (sys.executable, "-m", "gunicorn", "--check-config",
         "--config=python:certiflow_admin.gunicorn_conf", "certiflow_admin.wsgi:application"),
        (sys.executable, "-m", "gunicorn", "--check-config",
         "--config=python:certiflow_admin.agent_gunicorn_conf",
         "certiflow_admin.agent_wsgi:application"),
    ],
    ids=["migrate", "createcachetable", "collectstatic", "setup", "manage.py", "as a module",
         "gunicorn for the dashboard", "gunicorn for the agent site"],
)  # fmt: skip
def test_what_the_first_command_makes_is_for_its_owner_only(
    product: RunningProduct, command: tuple[str, ...]
) -> None:
    (product.directory / "var").mkdir(mode=0o700)
    run(product, *command)
    assert readable_by_others(product) == []


def test_nor_does_the_working_product_make_anything_readable(product: RunningProduct) -> None:
    product.start()
    try:
        assert readable_by_others(product) == []
    finally:
        product.stop()


@pytest.mark.parametrize("name", ["certiflow.sqlite3", "certiflow.sqlite3-wal", "tls/new.pem"])
def test_doctor_names_each_file_that_others_may_read(product: RunningProduct, name: str) -> None:
    run(product, CERTIFLOW, *SETUP)
    path = product.directory / "var" / name
    path.parent.mkdir(exist_ok=True)
    path.touch()
    path.chmod(0o640)
    examined = product.command("doctor")
    assert examined.returncode == 1
    assert str(path) in examined.stdout
    command = next(part for part in examined.stdout.split("→ ") if part.startswith("chmod"))
    subprocess.run(command.splitlines()[0].split(), check=True)
    if path.suffix != ".pem":
        assert product.command("doctor").returncode == 0


def test_doctor_finds_a_database_that_lies_elsewhere(product: RunningProduct) -> None:
    elsewhere = product.directory / "db.sqlite3"
    product.environment["DATABASE_URL"] = f"sqlite:///{elsewhere}"
    run(product, CERTIFLOW, *SETUP)
    elsewhere.chmod(0o644)
    assert f"chmod 600 {elsewhere}" in product.command("doctor").stdout


def test_static_files_are_nobodys_secret(product: RunningProduct) -> None:
    run(product, CERTIFLOW, *SETUP)
    static = product.directory / "var" / "static"
    static.mkdir(exist_ok=True)
    (static / "a.css").touch()
    (static / "a.css").chmod(0o644)
    assert product.command("doctor").returncode == 0


def test_doctor_says_that_root_is_too_much(product: RunningProduct) -> None:
    run(product, CERTIFLOW, *SETUP)
    if os.geteuid() == 0:
        assert "runs as root" in product.command("doctor").stdout
    else:
        assert "runs as root" not in product.command("doctor").stdout


UNIT = ROOT / "deploy" / "certiflow.service"


def test_the_unit_is_hardened(tmp_path: Path) -> None:
    try:
        judged = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(UNIT)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed.")
    assert judged.returncode == 0, judged.stdout[-300:]
    assert "Overall exposure level" in judged.stdout


def test_the_unit_has_a_user_of_its_own_and_writes_in_one_directory() -> None:
    lines = UNIT.read_text().splitlines()
    assert "User=certiflow" in lines
    assert "UMask=0077" in lines
    assert "ProtectSystem=strict" in lines
    assert [line for line in lines if line.startswith("ReadWritePaths")] == []
