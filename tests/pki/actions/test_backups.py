"""What a backup holds: every table, at one moment, in a form that every database reads."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from pki.actions import backup_manifest, backup_tables, restoring
from pki.actions.actor import Actor
from pki.actions.backup_manifest import Manifest, applied_migrations
from pki.actions.backup_tables import INCLUDED, LEFT_OUT, LEFT_OUT_APPS, Filling, tables
from pki.actions.backups import back_up, last_backup
from pki.actions.revocation_lists import current_list
from pki.actions.servers import add_server
from pki.actions.snapshot import snapshot
from pki.errors import Conflict
from pki.models import AuditEvent, Authority, Backup, RevocationList, Server
from tests.pki.actions.evidence import PASSWORD, audited, refused

MANIFEST = Manifest(
    version="0.1.0",
    made_at=datetime(2026, 11, 25, tzinfo=UTC),
    made_by="anna",
    host="ca.example.com",
    database="sqlite",
    migrations={},
    rows={},
    sealed_under=[],
)


@pytest.fixture
def manifest(db: None) -> Manifest:
    return replace(MANIFEST, migrations=applied_migrations("default"))


def test_every_table_is_in_the_backup_or_left_out_for_a_reason() -> None:
    """A new application has to be decided about; a new model of ours is in it by itself."""
    every = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    assert {model._meta.app_label for model in every.values()} == INCLUDED | set(LEFT_OUT_APPS)
    assert not INCLUDED & set(LEFT_OUT_APPS)
    assert set(LEFT_OUT) <= set(every)
    ours = {label for label in every if label.partition(".")[0] in INCLUDED}
    assert set(tables()) == ours - set(LEFT_OUT)


#: What a field of each kind may hold, at its most awkward.
AWKWARD: dict[str, list[Any]] = {
    "AutoField": [1],
    "BigAutoField": [2**62],
    "BigIntegerField": [-(2**62)],
    "BinaryField": [b"", bytes(range(256))],
    "BooleanField": [True, False],
    "CharField": ["", "“ü”\n\x7f\u2028🔑", '{"a": null}'],
    "DateField": [datetime(2026, 2, 28, tzinfo=UTC).date()],
    "DateTimeField": [datetime(2026, 11, 25, 1, 2, 3, 456789, tzinfo=UTC)],
    "DecimalField": [Decimal("1.10")],
    "DurationField": [timedelta(days=397, microseconds=1)],
    "EmailField": ["anna@example.com"],
    "FileField": [],
    "FloatField": [0.1],
    "GenericIPAddressField": ["192.0.2.7", "2001:db8::1"],
    "IntegerField": [-1],
    "JSONField": [{}, [], "text", 1, {"a": [None, True, "ü"], "b": 1.5}],
    "PositiveBigIntegerField": [2**62],
    "PositiveIntegerField": [0],
    "PositiveSmallIntegerField": [1],
    "SmallIntegerField": [1],
    "TextField": ["two\nlines"],
    "TimeField": [datetime(2026, 2, 28, 23, 59, tzinfo=UTC).time()],
    "UUIDField": [UUID(int=7)],
}


def kind(column: Any) -> str:
    while column.remote_field:
        column = column.target_field
    return str(column.get_internal_type())


def test_every_kind_of_column_comes_back_as_it_was() -> None:
    for table in tables().values():
        for column in backup_tables.columns(table):
            for value in AWKWARD[kind(column)]:
                read = column.to_python(json.loads(backup_tables.line([value]))[0])
                assert (bytes(read) if isinstance(read, memoryview) else read) == value, column


def test_a_form_that_is_not_known_is_no_silent_loss() -> None:
    with pytest.raises(TypeError):
        backup_tables.line([object()])


#: Another connection sees only what was committed.
committed = pytest.mark.django_db(transaction=True)


@committed
def test_it_is_remembered_and_audited(root: Authority, actor: Actor, tmp_path: Path) -> None:
    assert last_backup() is None
    with audited("backup.made") as events:
        made = back_up(tmp_path / "file", PASSWORD, actor=actor)
    assert last_backup() == made.row
    assert made.row.size == (tmp_path / "file").stat().st_size
    assert events[0].detail == {"size": made.row.size, "rows": made.manifest.total}
    assert made.row.made_by == "anna"


@committed
@pytest.mark.parametrize("password", ["", "short", "password1234"])
def test_a_password_that_would_be_guessed_is_refused(
    root: Authority, actor: Actor, tmp_path: Path, password: str
) -> None:
    with refused("backup.password", field="password"):
        back_up(tmp_path / "file", password, actor=actor)
    assert list(tmp_path.iterdir()) == []


@committed
def test_an_empty_installation_is_probably_the_wrong_one(actor: Actor, tmp_path: Path) -> None:
    with refused("backup.nothing"):
        back_up(tmp_path / "file", PASSWORD, actor=actor)
    assert list(tmp_path.iterdir()) == []


@committed
def test_keys_that_nothing_opens_are_counted(root: Authority, actor: Actor, tmp_path: Path) -> None:
    type(root.private_key).objects.update(sealed_under="00" * 8)
    assert back_up(tmp_path / "file", PASSWORD, actor=actor).unopenable == 1


@committed
def test_a_snapshot_stays_as_it_was_while_others_write(actor: Actor) -> None:
    add_server("before.example.com", actor=actor)
    with snapshot() as alias:
        assert Server.objects.using(alias).count() == 1
        add_server("meanwhile.example.com", actor=actor)
        assert Server.objects.using(alias).count() == 1
        assert Server.objects.count() == 2


@committed
def test_nothing_can_be_written_through_a_snapshot(actor: Actor) -> None:
    with pytest.raises(DatabaseError), snapshot() as alias:
        Server.objects.using(alias).create(fqdn="cm1.example.com")
    assert not Server.objects.exists()


def test_this_version_reads_what_it_wrote(manifest: Manifest) -> None:
    manifest.refuse_if_foreign()
    line = backup_tables.line(
        {**manifest.__dict__, "rows": {"pki.Server": 1}},
    )
    assert Manifest.parse(line) == replace(manifest, rows={"pki.Server": 1})


def refusal(manifest: Manifest) -> Conflict:
    with pytest.raises(Conflict) as refused:
        manifest.refuse_if_foreign()
    return refused.value


def test_a_newer_product_is_asked_for(manifest: Manifest) -> None:
    assert refusal(replace(manifest, version="99.0")).code == "backup.newer"
    later = {**manifest.migrations, "pki": [*manifest.migrations["pki"], "9999_of_later"]}
    assert refusal(replace(manifest, migrations=later)).code == "backup.newer"


def test_an_older_one_is_read_where_only_something_was_added_since(manifest: Manifest) -> None:
    added = {"0007_probes", "0008_automatic_renewal", "0011_backups"}
    before = [name for name in manifest.migrations["pki"] if name not in added]
    replace(manifest, migrations={**manifest.migrations, "pki": before}).refuse_if_foreign()


def test_an_older_one_that_was_rearranged_names_the_version_to_install(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = manifest.migrations["pki"].pop()
    monkeypatch.setattr(backup_manifest, "only_adds", lambda migration: migration.name != last)
    found = refusal(manifest)
    assert found.code == "backup.older"
    assert "Install version 0.1.0, restore the backup there" in found.message


def test_a_migration_that_moves_data_is_no_mere_addition(db: None) -> None:
    disk = MigrationLoader(connection).disk_migrations
    assert backup_manifest.only_adds(disk["pki", "0011_backups"])
    # Django's own: it renames a column.
    assert not backup_manifest.only_adds(disk["contenttypes", "0002_remove_content_type_name"])


def test_columns_that_a_backup_does_not_know_get_their_defaults(db: None) -> None:
    Filling(Server, ["id", "fqdn", "created_at"]).fill(
        [[7, "cm1.example.com", "2026-01-02T03:04:05.000006+00:00"]]
    )
    row = Server.objects.get()
    assert (row.pk, row.fqdn, row.probe_port, row.additional_names) == (
        7, "cm1.example.com", 3003, [],
    )  # fmt: skip
    assert row.created_at == datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)


Numbers = Callable[[], int]


@pytest.fixture
def number(root: Authority) -> Numbers:
    return lambda: RevocationList.objects.get(authority=root).number


def test_the_next_list_has_a_number_that_none_had_before(root: Authority, number: Numbers) -> None:
    published = current_list(root.pk)
    restoring.skip_list_numbers(timezone.now())
    first = current_list(root.pk)
    assert first.number > published.number + 10**9
    # Restored once more, from the same file, later: beyond what was published in between.
    RevocationList.objects.update(number=published.number)
    restoring.skip_list_numbers(timezone.now())
    assert number() > first.number
    assert current_list(root.pk).number == number() > first.number


def test_an_authority_that_had_no_list_yet_may_have_published_one_since(
    root: Authority, number: Numbers
) -> None:
    assert not RevocationList.objects.exists()
    restoring.skip_list_numbers(timezone.now())
    assert number() > 10**9


def test_numbers_never_go_back_when_the_clock_did(root: Authority, number: Numbers) -> None:
    restoring.skip_list_numbers(timezone.now())
    before = number()
    restoring.skip_list_numbers(timezone.now() - timedelta(days=900))
    assert number() == before


def test_events_of_an_empty_installation_are_kept_behind_the_restored(db: None) -> None:
    """Somebody may have tried to sign in before there was anybody who could."""
    AuditEvent.objects.create(event="user.sign_in_failed", actor="eve", door="dashboard")
    Backup.objects.create(made_by="x", size=1, rows=1)
    restoring.clear()
    Filling(AuditEvent, ["id", "event", "actor", "door"]).fill(
        [[1, "user.added", "anna", "setup"], [2, "server.added", "anna", "setup"]]
    )
    restoring.go_on_from(MANIFEST, 1, actor=Actor("root", "command"))
    events = AuditEvent.objects.order_by("id").values_list("event", flat=True)
    assert list(events) == [
        "user.added", "server.added", "user.sign_in_failed", "backup.restored",
    ]  # fmt: skip
    assert [row.at for row in Backup.objects.all()] == [MANIFEST.made_at]
