"""What has to be there before anything is served: directories, tables, keys, static files."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection

from pki.actions.actor import SYSTEM
from pki.actions.audit_key import audit_key
from pki.actions.key_ring import current_ring, hand_over_responder_keys
from pki.actions.second_factors import seal_those_in_the_clear
from pki.errors import Unavailable

#: Any number that no other program on the same PostgreSQL uses for an advisory lock.
LOCK_NUMBER = 0x43464144


def prepare() -> None:
    """Data directory, tables and key ring; safe to repeat, and quiet unless something is wrong."""
    prepare_tables()
    # After the tables: an existing installation without its ring must not get another one.
    current_ring()
    # Before anything is recorded, so that only what an upgrade found is without a proof.
    audit_key()
    hand_over_responder_keys()
    seal_those_in_the_clear(actor=SYSTEM)


def prepare_tables() -> None:
    """All of it but the key ring, for those who bring one."""
    prepare_directory(settings.DATA_DIR)
    prepare_database()


def prepare_directory(directory: Path) -> None:
    """Closed to everybody else when it is made here. Raises Unavailable ``data_dir.unusable``."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(0, "permission denied")
    except OSError as error:
        raise Unavailable(
            f"The data directory {directory} cannot be used: {error.strerror}. Name a directory "
            "this user may write to in CERTIFLOW_DATA_DIR.",
            code="data_dir.unusable",
        ) from None


def prepare_database() -> None:
    with one_at_a_time():
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two nodes that start after an upgrade must not both change the tables."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])


def prepare_static_files() -> None:
    """Collected and compressed once for each state of their sources."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    state = state_of_static_files()
    if stamp.exists() and stamp.read_text() == state:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(state)


def state_of_static_files() -> str:
    """A digest of their names, sizes and times of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
