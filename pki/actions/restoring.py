"""Restoring a backup into an empty installation: all of it, or nothing.

Everything happens in one transaction of the database. The files with keys are written when
every chunk was authentic and every row fitted, and before the commit: a kill in between leaves
an empty installation with a few keys more in its ring, and never rows whose keys do not open.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from pki.actions import audit_key, key_ring
from pki.actions.actor import Actor
from pki.actions.audit import record
from pki.actions.audit_note import remove_note
from pki.actions.audit_proof import proof
from pki.actions.backup_manifest import Manifest, this_host
from pki.actions.backup_tables import Filling, tables
from pki.actions.backups import is_in_force, secret_key_file
from pki.errors import CertiflowError, Conflict, InvalidInput, Unavailable
from pki.files import PRIVATE, write_all
from pki.models import AuditEvent, Authority, Backup, KeyRingState, RevocationList, User
from pki.vault import ring
from pki.vault.container import Lock, Opened, damaged, read_header
from pki.vault.ring import KeyRing


@dataclass(frozen=True)
class Secrets:
    ring: KeyRing
    #: None where it came from the environment.
    secret_key: str | None

    def __repr__(self) -> str:
        return "Secrets()"


def restore(path: Path, password: str, *, actor: Actor) -> Manifest:
    """What was restored. The tables have to be there, and empty.

    Raises Conflict ``installation.not_empty``, ``backup.ring``, ``backup.newer`` and
    ``backup.older``, InvalidInput ``backup.not_one`` and ``backup.password``, and Unavailable
    ``backup.damaged``, ``backup.cut_off`` and ``files.not_written``.
    """
    with opened(path) as file:
        lock = Lock.read(file, password)
        size = path.stat().st_size
        with transaction.atomic(), fitting(), unpacked(file, lock) as lines:
            lock_tables()
            refuse_unless_empty()
            manifest = Manifest.parse(next(lines, b""))
            manifest.refuse_if_foreign()
            secrets = secrets_in(next(lines, b""))
            refuse_another_ring(manifest, secrets.ring)
            fill(lines, manifest)
            refuse_more(lines)
            with audit_key.under(ring_in_force(secrets)):
                go_on_from(manifest, size, actor=actor)
            connection.check_constraints()
            keep_secrets(secrets)
        # The trail that was noted here gave way to the restored one.
        remove_note()
    return manifest


def read_manifest(path: Path, password: str) -> Manifest:
    """What the backup says of itself; the rest of it is not read. Raises as `restore` does."""
    with opened(path) as file, unpacked(file, Lock.read(file, password)) as lines:
        return Manifest.parse(next(lines, b""))


def ring_in_force(secrets: Secrets) -> KeyRing:
    """After the restoring: one from the environment stays."""
    return key_ring.current_ring() if settings.MASTER_KEYS else secrets.ring


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise InvalidInput(
            f"The backup {path} cannot be read: {error.strerror}. Name a file that this user may "
            "read.",
            code="backup.unreadable",
            field="file",
        ) from None
    with file:
        yield file


def refuse_unless_a_backup(path: Path) -> None:
    """Before anybody is asked for a password."""
    with opened(path) as file:
        read_header(file)


@contextmanager
def unpacked(file: BinaryIO, lock: Lock) -> Iterator[Iterator[bytes]]:
    """Its lines; once the last of them was asked for, every byte of the file was authentic."""
    with (
        io.BufferedReader(Opened(file, lock)) as reader,
        gzip.GzipFile(fileobj=reader) as packed,
    ):
        try:
            yield iter(packed)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise damaged("it cannot be unpacked") from None


@contextmanager
def fitting() -> Iterator[None]:
    """Rows that do not fit into the tables are a refusal and no fault of the program."""
    try:
        yield
    except (IntegrityError, DataError, ValidationError, ValueError) as error:
        raise damaged(f"its rows do not fit into the tables ({type(error).__name__})") from None
    except OperationalError as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise Unavailable(
            f"The database did not take it all: {reason}. Nothing was restored; make room or mend "
            "what is wrong with the database, and try again.",
            code="database.unusable",
        ) from None


def refuse_unless_empty() -> None:
    """Raises Conflict ``installation.not_empty``; also asked before the tables are prepared."""
    there = connection.introspection.table_names()
    if any(
        table._meta.db_table in there and table._base_manager.exists()
        for table in (User, Authority)
    ):
        raise Conflict(
            "This installation is not empty, and a backup is never mixed into what is there. Name "
            "a new directory in CERTIFLOW_DATA_DIR (with PostgreSQL also an empty database in "
            "DATABASE_URL) and restore there; the installation here stays as it is.",
            code="installation.not_empty",
        )


def lock_tables() -> None:
    """On SQLite the transaction itself keeps other writers out."""
    if connection.vendor == "postgresql":
        quote = connection.ops.quote_name
        names = ", ".join(quote(table._meta.db_table) for table in tables().values())
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def secrets_in(line: bytes) -> Secrets:
    try:
        found = json.loads(line)
        return Secrets(KeyRing.parse(found["master_keys"]), found["secret_key"])
    except (ValueError, KeyError, TypeError, CertiflowError):
        raise damaged("it does not hold the key ring") from None


def refuse_another_ring(manifest: Manifest, restored: KeyRing) -> None:
    """One from the environment is not ours to change, so it has to open everything already."""
    if not settings.MASTER_KEYS:
        return
    there = {key.id for key in key_ring.current_ring().keys}
    needed = {key.id for key in restored.keys} & set(manifest.sealed_under)
    missing = ", ".join(sorted(needed - there))
    if missing:
        raise Conflict(
            f"The backup's private keys are sealed under {missing}, and CERTIFLOW_MASTER_KEYS is "
            "another ring. Put the old installation's keys behind the new ones there, or unset it: "
            "then the ring is restored as a file.",
            code="backup.ring",
        )


def fill(lines: Iterator[bytes], manifest: Manifest) -> None:
    """Every table of the backup in turn; what an empty installation had in them gives way."""
    clear()
    known = tables()
    expected = dict(manifest.rows)
    while expected:
        head = json.loads(next(lines, b"null"))
        if not isinstance(head, dict) or head.get("table") not in expected.keys() & known.keys():
            raise damaged("a table is missing")
        number = expected.pop(head["table"])
        counted = Counted(json.loads(each) for each in islice(lines, number))
        Filling(known[head["table"]], head["columns"]).fill(counted)
        if counted.seen != number:
            raise damaged("rows are missing")


def refuse_more(lines: Iterator[bytes]) -> None:
    """Also reads the file to its end, which is what shows that it has one."""
    if next(lines, None) is not None:
        raise damaged("it holds more than it says")


class Counted:
    """Rows as they come, and how many there were."""

    def __init__(self, rows: Iterable[list[Any]]) -> None:
        self.rows, self.seen = rows, 0

    def __iter__(self) -> Iterator[list[Any]]:
        for row in self.rows:
            self.seen += 1
            yield row


def clear() -> None:
    """Runs of jobs and the like; audit events are kept, out of the way of those that come."""
    every_event().update(id=-F("id"))
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in tables().values():
            if table is not AuditEvent:
                cursor.execute(f"DELETE FROM {quote(table._meta.db_table)}")  # noqa: S608


def go_on_from(manifest: Manifest, size: int, *, actor: Actor) -> None:
    """What must not simply be as it was when the backup was made."""
    newest = every_event().aggregate(newest=Max("id"))["newest"] or 0
    every_event().filter(id__lt=0).update(id=newest - F("id"))
    # Its first key is another one from now on, and seals.
    KeyRingState.objects.all().delete()
    prove_again(newest)
    skip_list_numbers(max(timezone.now(), manifest.made_at))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(tables().values())):
            cursor.execute(statement)
    row = Backup.objects.create(
        at=manifest.made_at, made_by=manifest.made_by[:150], size=size, rows=manifest.total
    )
    record(
        actor, "backup.restored", row, made_by=manifest.made_by, version=manifest.version,
        from_host=manifest.host, to_host=this_host(), rows=manifest.total,
    )  # fmt: skip


def prove_again(newest: int) -> None:
    """Those of this installation were proven under a secret that gave way to the restored one."""
    key = audit_key.audit_key().secret
    for event in every_event().filter(id__gt=newest).iterator():
        every_event().filter(pk=event.pk).update(proof=proof(event, key))


def every_event() -> "QuerySet[AuditEvent]":
    """With what the model forbids: they are numbered anew here, and stay what they are."""
    return QuerySet(AuditEvent)


def skip_list_numbers(now: datetime) -> None:
    """The next list of each authority gets a number that no list published meanwhile has.

    The lists signed after the backup was made are not known here, and neither is how many
    there were. So numbers go on from the microseconds since 1970: more than ever can have been
    signed, and more than after any earlier restore of the same file.
    """
    number = int(now.timestamp() * 1_000_000)
    for authority in Authority.objects.all():
        row, _ = RevocationList.objects.get_or_create(authority=authority)
        row.number = max(row.number, number)
        # The stored one may be older than what clients have: it is not given out again.
        row.this_update = row.next_update = row.building_since = None
        row.entries, row.der = 0, b""
        row.save()


def keep_secrets(secrets: Secrets) -> None:
    """Key ring and signing key, each where this installation keeps it."""
    try:
        if not settings.MASTER_KEYS:
            path = Path(settings.MASTER_KEYS_FILE)
            # One that was made here already may seal something elsewhere; it does no harm.
            kept = key_ring.read_file(path).keys if path.exists() else ()
            ring.replace_file(path, secrets.ring.followed_by(KeyRing(kept)))
        key_ring.hand_over_responder_keys()
        if secrets.secret_key and is_in_force(secret_key_file()):
            content = secrets.secret_key.encode()
            write_all(
                Path(settings.DATA_DIR),
                {secret_key_file().name: (content, PRIVATE)},
                overwrite=True,
            )
    except OSError as error:
        raise Unavailable(
            f"The keys could not be written: {error.strerror}: {error.filename}. Nothing was "
            "restored; make room or correct the rights, and try again.",
            code="files.not_written",
        ) from None
