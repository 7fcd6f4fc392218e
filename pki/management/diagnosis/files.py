"""The data directory and the secrets in it: who may read and write them, and the room left."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection

from pki.management.diagnosis.finding import Finding, mend, ok, said_by, warn
from pki.system_checks import data_directory, is_open, key_files, secret_paths

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
#: Bytes of free space below which a day's work may, or does not, find room.
LITTLE_ROOM = 500 * 1024 * 1024
NO_ROOM = 50 * 1024 * 1024

DIRECTORY = "Data directory"
FILES = "Files"
USER = "User"
ROOT = 0
#: Files named in one finding.
SHOWN = 5


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
    yield from open_to_others(directory)
    yield from user(directory)
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


def open_to_others(directory: Path) -> Iterator[Finding]:
    """Every file but those of the key ring, which have a check of their own, and the public ones.

    The database has what sessions and second factors consist of, wherever it is.
    """
    inside = [path for path in private_paths(directory) if is_open(path)]
    database = [path for path in database_files() if directory not in path.parents]
    outside = [path for path in database if path.is_file() and is_open(path)]
    if inside:
        yield mend(FILES, f"Others may read {names(inside)}.", f"chmod -R go= {directory}")
    if outside:
        way_out = f"chmod 600 {' '.join(map(str, outside))}"
        yield mend(FILES, f"Others may read {names(outside)}.", way_out)
    if not inside and not outside:
        yield ok(FILES, "Only their owner may read the database and everything else.")


def private_paths(directory: Path) -> Iterator[Path]:
    public, checked = Path(settings.STATIC_ROOT), secret_paths()
    for path in sorted(directory.rglob("*")):
        if public in {path, *path.parents} or path in checked or path.is_symlink():
            continue
        yield path


def database_files() -> list[Path]:
    if connection.vendor != "sqlite":
        return []
    name = str(connection.settings_dict["NAME"])
    return [Path(f"{name}{suffix}") for suffix in ("", "-wal", "-shm", "-journal")]


def names(paths: list[Path]) -> str:
    shown = ", ".join(map(str, paths[:SHOWN]))
    return shown if len(paths) <= SHOWN else f"{shown} and {len(paths) - SHOWN} more"


def user(directory: Path) -> Iterator[Finding]:
    if not hasattr(os, "geteuid"):
        return
    if ROOT in {os.geteuid(), directory.stat().st_uid}:
        yield warn(
            USER,
            "CertiFlow Admin runs as root, or its files are root's, and it needs no such rights.",
            f"Make a user for it, “chown -R” {directory} to that user, and run everything as "
            "that user; deploy/certiflow.service does.",
        )
    else:
        yield ok(USER, "It is not root.")


def room(directory: Path) -> Finding:
    free = shutil.disk_usage(directory).free
    detail = f"{free // (1024 * 1024):,} MiB are free in {directory}."
    if free < NO_ROOM:
        return mend("Free space", detail, "Make room: nothing can be stored without it.")
    if free < LITTLE_ROOM:
        return warn("Free space", detail, "Make room before the database needs it.")
    return ok("Free space", detail)
