"""The data directory and the secrets in it: who may read and write them, and the room left."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from pki.management.diagnosis.finding import Finding, mend, ok, warn

OTHERS = stat.S_IRWXG | stat.S_IRWXO
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: Bytes of free space below which a day's work may, or does not, find room.
LITTLE_ROOM = 500 * 1024 * 1024
NO_ROOM = 50 * 1024 * 1024

DIRECTORY = "Data directory"
SIGNING_KEY = "Secret key"
KEY_RING_FILE = "Key ring file"


def findings() -> Iterator[Finding]:
    directory: Path = settings.DATA_DIR
    if not directory.is_dir():
        yield mend(
            DIRECTORY,
            f"{directory} is not there.",
            "Run “certiflow setup”, or name the right one in CERTIFLOW_DATA_DIR.",
        )
        return
    yield directory_rights(directory)
    yield from owners(directory)
    yield room(directory)
    yield signing_key(directory / "secret_key")
    if not settings.MASTER_KEYS and Path(settings.MASTER_KEYS_FILE).exists():
        yield only_owner(KEY_RING_FILE, Path(settings.MASTER_KEYS_FILE))


def directory_rights(directory: Path) -> Finding:
    mode = directory.stat().st_mode
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        return mend(
            DIRECTORY,
            f"This user may not read and write {directory}.",
            "Run certiflow as the user it is installed for, or make that user the owner.",
        )
    closing = f"chmod 700 {directory}"
    if os.name != "nt" and mode & OTHERS_WRITE:
        return mend(DIRECTORY, f"Others than its owner may write to {directory}.", closing)
    if os.name != "nt" and mode & OTHERS:
        return warn(DIRECTORY, f"Others than its owner may look into {directory}.", closing)
    return ok(DIRECTORY, f"{directory} is only its owner's.")


def owners(directory: Path) -> Iterator[Finding]:
    """A command run once as root leaves files that the service cannot write afterwards."""
    owner = directory.stat().st_uid
    strangers = sorted(p.name for p in directory.iterdir() if p.lstat().st_uid != owner)
    if strangers:
        yield mend(
            DIRECTORY,
            f"{', '.join(strangers[:5])} in {directory} belong to another user than the directory.",
            f"chown -R --reference={directory} {directory}, and run certiflow as one user only.",
        )


def room(directory: Path) -> Finding:
    free = shutil.disk_usage(directory).free
    detail = f"{free // (1024 * 1024):,} MiB are free in {directory}."
    if free < NO_ROOM:
        return mend("Free space", detail, "Make room: nothing can be stored without it.")
    if free < LITTLE_ROOM:
        return warn("Free space", detail, "Make room before the database needs it.")
    return ok("Free space", detail)


def signing_key(path: Path) -> Finding:
    """Django's, which signs the cookies of those who are signed in."""
    if path.exists() and os.access(path, os.R_OK) and path.read_text() == settings.SECRET_KEY:
        return only_owner(SIGNING_KEY, path)
    return ok(SIGNING_KEY, "It comes from the environment (SECRET_KEY).")


def only_owner(check: str, path: Path) -> Finding:
    if os.name != "nt" and path.stat().st_mode & OTHERS:
        return mend(
            check,
            f"Others than its owner may read {path}.",
            f"chmod 600 {path}; if anybody else could use this machine, change the key too.",
        )
    return ok(check, f"Only its owner may read {path}.")
