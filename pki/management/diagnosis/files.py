"""The data directory and the secrets in it: who may read and write them, and the room left."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from pki.management.diagnosis.finding import Finding, mend, ok, said_by, warn
from pki.system_checks import data_directory, key_files

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: Bytes of free space below which a day's work may, or does not, find room.
LITTLE_ROOM = 500 * 1024 * 1024
NO_ROOM = 50 * 1024 * 1024

DIRECTORY = "Data directory"


def findings() -> Iterator[Finding]:
    directory: Path = settings.DATA_DIR
    if not directory.is_dir():
        yield mend(
            DIRECTORY,
            f"{directory} is not there.",
            "Run “certiflow setup”, or name the right one in CERTIFLOW_DATA_DIR.",
        )
        return
    yield from said_by(data_directory(), DIRECTORY, f"{directory} is only its owner's.")
    yield from writable_by_others(directory)
    yield from owners(directory)
    yield from said_by(key_files(), "Key files", "Only their owner may read them.")
    yield room(directory)


def writable_by_others(directory: Path) -> Iterator[Finding]:
    """Worse than readable: who may write there can put another key ring in the place of ours."""
    if os.name != "nt" and directory.stat().st_mode & OTHERS_WRITE:
        yield mend(
            DIRECTORY, f"Others than its owner may write to {directory}.", f"chmod 700 {directory}"
        )


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
