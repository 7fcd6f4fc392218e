"""An installation from before has every row afterwards, one admitted under each identifier."""

import json
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

import pki.migrations
from pki.models import AgentTask, Workstation

[PATH] = Path(str(pki.migrations.__file__)).parent.glob("*_workstation_identity.py")
migration = import_module(f"pki.migrations.{PATH.stem}")
NOW = timezone.now()


@pytest.fixture
def before(db: None) -> Any:
    """Without the rules that forbid what there was; the models as migrations know them."""
    with connection.cursor() as cursor:
        for name in ("workstation_key_once", "one_admitted_workstation_by_identifier"):
            cursor.execute(f"DROP INDEX {name}")
    loader = MigrationExecutor(connection).loader
    return loader.project_state([("pki", PATH.stem)]).apps


def row(agent_id: str, state: str, seen: datetime | None = None, key: str = "") -> Workstation:
    return Workstation.objects.create(
        agent_id=agent_id,
        name=agent_id,
        state=state,
        last_seen_at=seen,
        public_key_sha256=key or f"key of {agent_id}",
    )


def states(*rows: Workstation) -> list[str]:
    return [Workstation.objects.get(pk=each.pk).state for each in rows]


def test_of_several_admitted_ones_the_one_seen_last_stays(before: Any) -> None:
    lower = row("ws-1", "trusted", NOW - timedelta(days=3))
    upper = row("WS-1", "trusted", NOW)
    mixed = row("Ws-1", "approved")
    other = row("ws-2", "trusted")

    migration.one_of_each(before, None)

    assert states(lower, upper, mixed, other) == ["pending", "trusted", "pending", "trusted"]
    flagged = Workstation.objects.filter(identifier_taken=True)
    assert {each.pk for each in flagged} == {lower.pk, mixed.pk}


def test_a_key_stays_with_the_admitted_row(before: Any) -> None:
    pending = row("WS-1", "pending", key="same")
    admitted = row("ws-1", "approved", key="same")
    migration.one_of_each(before, None)
    assert states(pending, admitted) == ["denied", "approved"]
    pending.refresh_from_db()
    assert pending.public_key_sha256 == ""


def test_texts_that_are_there_already_are_healed(before: Any) -> None:
    found = row("ws-1", "trusted")
    task = AgentTask.objects.create(workstation=found, kind="collect-log", created_by="x")
    half = "a\ud800b" if connection.vendor == "sqlite" else "a\x1bb"
    said = json.dumps({"x\u202ey": [half], "log": "1\n2\x1b"})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pki_workstation SET inventory = %s, hostname = %s", [said, "\x1bx"])
        cursor.execute("UPDATE pki_agenttask SET result = %s, message = %s", [said, "\u202ex"])

    migration.heal(before, None)

    with connection.cursor() as cursor:
        cursor.execute("SELECT inventory FROM pki_workstation")
        [stored] = cursor.fetchone()
    assert json.loads(stored) == {"x\ufffdy": ["a\ufffdb"], "log": "1\ufffd2\ufffd"}
    found.refresh_from_db()
    task.refresh_from_db()
    assert (found.hostname, task.message) == ("\ufffdx", "\ufffdx")
    assert task.result == {"x\ufffdy": ["a\ufffdb"], "log": "1\n2\ufffd"}
