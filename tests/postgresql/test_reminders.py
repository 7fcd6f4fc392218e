"""Two nodes that look at the same moment tell everything once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgresql.conftest import new_database, prepared
from tests.running_product import RunningProduct

pytestmark = pytest.mark.started
PROGRAM = Path(sys.executable).with_name("certiflow")

WORLD = """
from datetime import timedelta
from django.utils.timezone import now
from pki.models import *
User.objects.create_user("anna", email="anna@example.com", role="administrator")
Workstation.objects.bulk_create(
    Workstation(agent_id=f"pc-{n}", name=f"pc-{n}", state="trusted",
                last_seen_at=now() - timedelta(days=40))
    for n in range(1200)
)
"""
LOOK = """
from django.utils.timezone import now
from pki.actions.actor import SYSTEM
from pki.actions.reminding import remind
input()
remind(now(), actor=SYSTEM)
"""
COUNT = (
    "from pki.models import *; print(Reminder.objects.count(), Notice.objects.count(), "
    "Telling.objects.count(), Reminder.objects.exclude(step='since').count())"
)


@pytest.fixture(scope="module")
def product(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> RunningProduct:
    address = new_database(database_url, "reminders")
    made = prepared(tmp_path_factory.mktemp("reminders"), address)
    done = made.command("shell", "--no-imports", "-c", WORLD)
    assert done.returncode == 0, done.stderr
    return made


def test_three_looks_at_once_tell_each_thing_once(product: RunningProduct) -> None:
    looks = [
        subprocess.Popen(
            [PROGRAM, "shell", "--no-imports", "-c", LOOK],
            env=product.environment,
            cwd=product.directory,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    # All have started when the first of them may go on.
    for each in looks:
        assert each.stdin is not None
        each.stdin.write(b"\n")
        each.stdin.flush()
    for each in looks:
        _, said = each.communicate(timeout=120)
        assert each.returncode == 0, said.decode()
    counted = product.command("shell", "--no-imports", "-c", COUNT)
    assert counted.stdout.split() == ["1200", "1200", "1200", "0"], counted.stderr
