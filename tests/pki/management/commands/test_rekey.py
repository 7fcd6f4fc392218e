"""`certiflow rekey`: everything stays readable, and old keys go only when that is said."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from pki.errors import Conflict
from pki.models import AuditEvent, Certificate
from tests.pki.management.conftest import Shell


def test_every_key_opens_under_the_new_ring_alone(new_shell: Shell) -> None:
    new_shell.set_up()
    ring = new_shell.directory / "var" / "master_keys"
    old = ring.read_text()
    said = new_shell.done("rekey")
    assert "secrets sealed anew: 3;" in said
    assert str(ring) in said
    assert ring.read_text().endswith(old)
    assert new_shell.document("rekey", "--forget-old-keys")["others"] == 0
    assert len(ring.read_text().split()) == 1
    assert "All 2 open" in new_shell.done("doctor")
    ring.write_text(old)
    finished = new_shell.run("doctor")
    assert finished.returncode == 1
    assert "2 of 2 do not open" in finished.stdout


def test_a_ring_from_the_environment_is_not_ours_to_change(issued: Certificate) -> None:
    out = StringIO()
    call_command("rekey", stdout=out)
    assert "CERTIFLOW_MASTER_KEYS" in out.getvalue()
    with pytest.raises(Conflict, match="CERTIFLOW_MASTER_KEYS"):
        call_command("rekey", forget_old_keys=True)
    assert AuditEvent.objects.get(event="vault.rekeyed").door == "command"


def test_a_ring_in_a_file_is_changed_in_place(
    issued: Certificate, tmp_path: Path, settings: Settings
) -> None:
    ring = tmp_path / "master_keys"
    ring.write_text(settings.MASTER_KEYS)
    settings.MASTER_KEYS = ""
    settings.MASTER_KEYS_FILE = ring
    out = StringIO()
    call_command("rekey", stdout=out)
    assert "1 older key stays in the ring" in out.getvalue()
    assert ring.stat().st_mode & 0o077 == 0
