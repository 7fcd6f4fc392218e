"""The audit trail where numbers are given out before anything is committed."""

from pathlib import Path

import pytest

from tests.pki.management.commands.test_restore import back_up, restore
from tests.pki.management.conftest import Shell
from tests.postgresql.conftest import new_database

pytestmark = pytest.mark.started

#: One transaction records an event and is committed after another one's event was sealed.
LATE = """
import threading
from django.db import connection, transaction
from pki.actions.actor import SYSTEM
from pki.actions.audit import record
from pki.actions.audit_sealing import seal_new
from pki.actions.audit_verification import verify
from pki.models import AuditSeal

recorded, sealed = threading.Event(), threading.Event()
seal_new()

def slow():
    with transaction.atomic():
        record(SYSTEM, "job.requested", half=0.5, thousand=1e3, tiny=1.5e-7, text="Büro")
        recorded.set()
        assert sealed.wait(20)
    connection.close()

def failed():
    try:
        with transaction.atomic():
            record(SYSTEM, "job.requested")
            raise KeyError
    except KeyError:
        pass

other = threading.Thread(target=slow)
other.start()
assert recorded.wait(20)
failed()
record(SYSTEM, "user.signed_in")
[seal] = seal_new()
print("gaps", seal.gaps[0][1] - seal.gaps[0][0] + 1, verify().fault)
sealed.set()
other.join()
print("before", verify().fault)
[seal] = seal_new()
print("late", len(seal.late), verify().fault)
print("again", seal_new(), verify().fault)
"""

EDITED = """
from django.db import connection
from pki.actions.audit_verification import verify
with connection.cursor() as cursor:
    cursor.execute({statement!r})
print(verify().fault)
"""


def test_late_events_are_sealed_and_edits_are_named(tmp_path: Path, database_url: str) -> None:
    shell = Shell(tmp_path, DATABASE_URL=new_database(database_url, "trail")).set_up()
    said = shell.done("shell", "--no-imports", "-c", LATE).split("\n")
    assert [line.strip() for line in said[:4]] == ["gaps 2", "before", "late 1", "again []"]
    shell.done("audit", "verify")
    file = back_up(shell, tmp_path / "1.backup")
    for statement in (
        "UPDATE pki_auditevent SET detail = jsonb_set(detail, '{half}', '0.6') "
        "WHERE detail ? 'half'",
        "DELETE FROM pki_auditevent WHERE event = 'user.signed_in'",
    ):
        assert "Event " in shell.done(
            "shell", "--no-imports", "-c", EDITED.format(statement=statement)
        )
    assert "Event " in shell.refused("audit", "verify")

    # What PostgreSQL gave back is what SQLite verifies.
    (tmp_path / "second").mkdir()
    second = Shell(tmp_path / "second")
    restore(second, file)
    assert "are as they were written" in second.done("audit", "verify")
