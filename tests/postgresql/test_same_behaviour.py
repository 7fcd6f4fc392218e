"""What is promised on SQLite holds on a real PostgreSQL: the same tests, run there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
TESTS = ["tests/pki/actions", "tests/pki/dashboard", "tests/pki/management"]


@pytest.mark.timeout(1800)
def test_the_actions_and_the_dashboard_behave_the_same(database_url: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if "PYTEST" not in name}
        | {"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-20_000:]
