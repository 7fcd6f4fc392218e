"""`certiflow restore`: everything is there again, or nothing has happened."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.pki.management.conftest import Shell, empty_database

PASSWORD = "what opens the backup"
STDIN = f"{PASSWORD}\n"
#: These differ by what the restore itself does.
GOES_ON = {"pki.revocationlist", "pki.auditevent", "pki.backup"}


def content(shell: Shell) -> dict[str, list[dict[str, Any]]]:
    """Every row by its table, as Django's own command tells it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in json.loads(
        shell.done("dumpdata", "pki", "account", "mfa", "--exclude=pki.keyringstate")
    ):
        found.setdefault(row["model"], []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: str(row["pk"]))
    return found


def back_up(shell: Shell, file: Path) -> Path:
    shell.done("backup", str(file), "--password-stdin", stdin=STDIN)
    return file


def restore(shell: Shell, file: Path) -> str:
    return shell.done("restore", str(file), "--password-stdin", stdin=STDIN)


def refused(shell: Shell, file: Path, stdin: str = STDIN) -> str:
    return shell.refused("restore", str(file), "--password-stdin", stdin=stdin)


def is_empty(shell: Shell) -> bool:
    said = shell.done(
        *("shell", "--no-imports", "-c"),
        "from pki.models import *; print(sum(model.objects.count() for model in "
        "(User, Authority, Certificate, PrivateKey, AuditEvent, Server)))",
    )
    return said.strip() == "0"


FILLING = """
from pki.actions.actor import SYSTEM
from pki.actions.revocation_lists import current_list
from pki.actions.enrollment_tokens import make_token
from pki.models import *
from allauth.mfa.models import Authenticator
from pki.actions.second_factors import put_away
from datetime import timedelta
make_token('t', actor=SYSTEM, lifetime=timedelta(days=7), uses=3)
user = User.objects.get()
Authenticator.objects.create(user=user, type='totp', data={'secret': put_away('JBSWY3DP')})
tag = Tag.objects.create(name='floor 2')
machine = Workstation.objects.create(
    agent_id='pc-1', public_key_sha256='ab', address='2001:db8::1',
    inventory={'cores': 4, 'name': 'B\\u00fcro “2”'})
machine.tags.add(tag)
print(current_list(Authority.objects.get().pk).number)
"""


@dataclass
class Source:
    """An installation with something of everything in it, and its backup."""

    shell: Shell
    file: Path
    content: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    directory = tmp_path_factory.mktemp("source")
    with empty_database() as environment:
        shell = Shell(directory, **environment).set_up("--server", "cm1.example.com")
        serial = shell.document("issue", "--server", "cm2.example.com")["serial"]
        shell.done("revoke", serial, "--reason", "superseded")
        shell.done("shell", "--no-imports", "-c", FILLING)
        shell.done("rekey")
        file = back_up(shell, directory / "certiflow.backup")
        yield Source(shell, file, content(shell))


def test_everything_is_as_it_was(source: Source, new_shell: Shell) -> None:
    said = restore(new_shell, source.file)
    assert "1 root, 4 certificates, 3 servers, 1 workstation, 1 user" in said
    restored = content(new_shell)
    assert restored.keys() == source.content.keys()
    for table in source.content.keys() - GOES_ON:
        assert restored[table] == source.content[table], table
    # The backup itself was recorded after its moment, and the restore in its place.
    *before, made = sorted(source.content["pki.auditevent"], key=lambda row: int(row["pk"]))
    *events, last = sorted(restored["pki.auditevent"], key=lambda row: int(row["pk"]))
    assert events == before
    assert (made["fields"]["event"], last["fields"]["event"]) == ("backup.made", "backup.restored")
    assert last["fields"]["detail"]["from_host"] == last["fields"]["detail"]["to_host"]


def test_the_product_goes_on(source: Source, new_shell: Shell) -> None:
    """Keys open, the next certificates and rows fit in, the next list has a higher number."""
    restore(new_shell, source.file)
    said = new_shell.done("doctor")
    assert "All 4 open" in said
    assert "Backup: The last one is of" in said
    new_shell.done("issue", "--server", "cm3.example.com")
    new_shell.done("token", "another")
    number = new_shell.done(
        *("shell", "--no-imports", "-c"),
        "from pki.models import *; from pki.actions.revocation_lists import current_list; "
        "row = current_list(Authority.objects.get().pk); print(row.number, row.entries)",
    )
    [before] = source.content["pki.revocationlist"]
    assert int(number.split()[0]) > before["fields"]["number"]
    assert number.split()[1] == "1"
    for name in ("master_keys", "secret_key"):
        there, here = (each.directory / "var" / name for each in (source.shell, new_shell))
        assert there.read_bytes() == here.read_bytes()
        assert here.stat().st_mode & 0o077 == 0


def test_what_is_there_is_never_mixed_with_a_backup(source: Source, new_shell: Shell) -> None:
    new_shell.set_up()
    before = content(new_shell)
    ring = (new_shell.directory / "var" / "master_keys").read_text()
    assert "not empty" in refused(new_shell, source.file)
    assert content(new_shell) == before
    assert (new_shell.directory / "var" / "master_keys").read_text() == ring


def test_a_wrong_password_changes_nothing(source: Source, new_shell: Shell) -> None:
    sentence = refused(new_shell, source.file, stdin="not what opens it\n")
    assert "password is not the one" in sentence
    assert is_empty(new_shell)
    assert not (new_shell.directory / "var" / "master_keys").exists()


def test_what_is_no_backup_is_refused_before_a_password_is_asked_for(
    new_shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "letter").write_text("Dear Anna, ")
    assert "not a backup" in new_shell.refused("restore", str(tmp_path / "letter"))
    assert "cannot be read" in new_shell.refused("restore", str(tmp_path / "nowhere"))
    assert new_shell.run("restore").returncode == 2


Damage = Callable[[bytes], bytes]


def flipped(position: Callable[[int], int]) -> Damage:
    def damage(whole: bytes) -> bytes:
        changed = bytearray(whole)
        changed[position(len(whole))] ^= 1
        return bytes(changed)

    return damage


DAMAGES: dict[str, Damage] = {
    "header": flipped(lambda _length: 150),
    "first chunk": flipped(lambda _length: 400),
    "middle": flipped(lambda length: length // 2),
    "last byte": flipped(lambda length: length - 1),
    "cut in the header": lambda whole: whole[:100],
    "cut in the middle": lambda whole: whole[: len(whole) // 2],
    "cut by a byte": lambda whole: whole[:-1],
    "something added": lambda whole: whole + b"x",
}


def test_a_damaged_file_changes_nothing(source: Source, new_shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "damaged.backup"
    for damage in DAMAGES.values():
        file.write_bytes(damage(source.file.read_bytes()))
        assert "Nothing was restored" in refused(new_shell, file)
    assert is_empty(new_shell)
    assert not (new_shell.directory / "var" / "master_keys").exists()
    restore(new_shell, source.file)


KILLED = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from pki.actions import restoring

name, path = sys.argv[1:]
original = getattr(restoring, name)

def killed(*arguments, **named):
    original(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(restoring, name, killed)
call_command("restore", path, "--password-stdin")
"""


def test_killed_at_any_moment_the_installation_is_still_empty(
    source: Source, new_shell: Shell
) -> None:
    for after in ("clear", "fill", "go_on_from", "keep_secrets"):
        child = subprocess.run(
            [sys.executable, "-c", KILLED, after, source.file],
            input=STDIN, text=True, check=False, capture_output=True,
            env=new_shell.product.environment | {"PYTHONPATH": str(Path(__file__).parents[4])},
        )  # fmt: skip
        assert child.returncode == -9, child.stderr
        assert is_empty(new_shell)
    restore(new_shell, source.file)
    assert "All 4 open" in new_shell.done("doctor")


#: Writes what this installation would have written before servers were renewed by themselves.
OLDER = """
import sys
import django
django.setup()
from django.core.management import call_command
from pki.actions import backup_tables, backups
from pki.models import Backup, Server

tables, columns, migrations = backups.tables, backup_tables.columns, backups.applied_migrations
backups.tables = lambda: {
    label: table for label, table in tables().items() if table is not Backup}
backup_tables.columns = lambda table: [
    column for column in columns(table) if not column.name.startswith("renew_")]
backups.applied_migrations = lambda alias: {
    app: [name for name in names if name not in {"0008_automatic_renewal", "0011_backups"}]
    for app, names in migrations(alias).items()}
call_command("backup", sys.argv[1], "--password-stdin")
"""


def test_a_backup_of_an_older_version_gets_what_is_new_by_default(
    source: Source, new_shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "older.backup"
    child = subprocess.run(
        [sys.executable, "-c", OLDER, file],
        input=STDIN, text=True, check=False, capture_output=True,
        env=source.shell.product.environment | {"PYTHONPATH": str(Path(__file__).parents[4])},
    )  # fmt: skip
    assert child.returncode == 0, child.stderr
    restore(new_shell, file)
    restored = content(new_shell)
    assert restored["pki.server"] == source.content["pki.server"]
    assert restored["pki.certificate"] == source.content["pki.certificate"]
    assert len(restored["pki.backup"]) == 1


def test_a_ring_that_was_made_here_already_stays_behind_the_restored_keys(
    source: Source, new_shell: Shell
) -> None:
    ring = new_shell.directory / "var" / "master_keys"
    ring.parent.mkdir(mode=0o700)
    made = f"{'A' * 43}=\n"
    ring.write_text(made)
    restore(new_shell, source.file)
    restored = (source.shell.directory / "var" / "master_keys").read_text()
    assert ring.read_text() == restored + made
    assert ring.stat().st_mode & 0o077 == 0


def test_a_ring_from_the_environment_has_to_open_everything(
    source: Source, new_shell: Shell
) -> None:
    environment = new_shell.product.environment
    environment["CERTIFLOW_MASTER_KEYS"] = f"{'A' * 43}="
    sentence = refused(new_shell, source.file)
    assert "behind the new ones" in sentence
    assert is_empty(new_shell)
    old = ",".join((source.shell.directory / "var" / "master_keys").read_text().split())
    environment["CERTIFLOW_MASTER_KEYS"] += f",{old}"
    restore(new_shell, source.file)
    assert not (new_shell.directory / "var" / "master_keys").exists()
    assert "All 4 open" in new_shell.done("doctor")


def test_another_name_of_the_host_is_pointed_out(source: Source, new_shell: Shell) -> None:
    new_shell.product.environment["CERTIFLOW_HOST"] = "elsewhere.example.test"
    said = restore(new_shell, source.file)
    assert "certiflow issue --server elsewhere.example.test" in said


def test_for_scripts_it_says_the_same_as_json(source: Source, new_shell: Shell) -> None:
    said = new_shell.document("restore", str(source.file), "--password-stdin", stdin=STDIN)
    assert said["rows"]["pki.Certificate"] == 4


def test_keys_that_cannot_be_written_leave_the_database_empty(
    source: Source, new_shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    new_shell.product.environment["CERTIFLOW_MASTER_KEYS_FILE"] = str(tmp_path / "file" / "ring")
    assert "could not be written" in refused(new_shell, source.file)
    assert is_empty(new_shell)


def test_the_audit_trail_verifies_and_goes_on(source: Source, new_shell: Shell) -> None:
    """Also with events of its own from before, which were proven under another secret."""
    new_shell.done("migrate")
    new_shell.done(
        *("shell", "--no-imports", "-c"),
        "from pki.actions.actor import Actor; from pki.actions.audit import record; "
        "from pki.actions.audit_sealing import seal_new; "
        "record(Actor('eve', 'dashboard'), 'user.sign_in_failed'); seal_new()",
    )
    restore(new_shell, source.file)
    assert "are as they were written" in new_shell.done("audit", "verify")
    new_shell.done("issue", "--server", "cm4.example.com")
    new_shell.done("maintain")
    said = new_shell.document("audit", "verify")
    assert (said["ok"], said["unsealed"]) == (True, 0)


def test_a_backup_shows_that_the_trail_was_cut_off(source: Source, tmp_path: Path) -> None:
    source.shell.done("maintain")
    file = back_up(source.shell, tmp_path / "later.backup")
    asked = ("audit", "verify", "--backup", str(file), "--password-stdin")
    assert "as they were written" in source.shell.done(*asked, stdin=STDIN)
    source.shell.done(
        *("shell", "--no-imports", "-c"),
        "from django.db import connection; from pki.models import AuditSeal; "
        "from pki.actions.audit_note import remove_note; remove_note(); "
        "last = AuditSeal.objects.last(); cursor = connection.cursor(); "
        "cursor.execute('DELETE FROM pki_auditevent WHERE id > %s', [last.after_id]); "
        "cursor.execute('DELETE FROM pki_auditseal WHERE number = %s', [last.number])",
    )
    assert "as they were written" in source.shell.done("audit", "verify")
    said = source.shell.refused(*asked, stdin=STDIN)
    assert "is not in the database" in said
