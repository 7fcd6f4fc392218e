"""The first line of a backup: what it holds, from where, and which tables that needs."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from pki.actions.backup_tables import INCLUDED
from pki.errors import Conflict
from pki.vault.container import damaged

#: What rows of before it still fit into: new tables, and new columns with their defaults.
ADDING = (
    operations.AddConstraint,
    operations.AddField,
    operations.AddIndex,
    operations.AlterField,
    operations.AlterModelManagers,
    operations.AlterModelOptions,
    operations.CreateModel,
    operations.RemoveConstraint,
    operations.RemoveIndex,
    operations.RenameIndex,
)


@dataclass(frozen=True)
class Manifest:
    #: Of CertiFlow Admin, as ``certiflow --version`` says it.
    version: str
    made_at: datetime
    made_by: str
    host: str
    #: ``sqlite`` or ``postgresql``; a backup of one goes into the other.
    database: str
    #: Those applied, by app.
    migrations: dict[str, list[str]]
    #: How many of each table follow.
    rows: dict[str, int]
    #: Identifiers of the ring keys that private keys are sealed under.
    sealed_under: list[str]
    #: The newest of the audit trail, as text; empty before the first.
    seal: str = ""

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    @classmethod
    def parse(cls, line: bytes) -> "Manifest":
        try:
            facts: dict[str, Any] = json.loads(line)
            return cls(**{**facts, "made_at": datetime.fromisoformat(facts["made_at"])})
        except (ValueError, KeyError, TypeError):
            raise damaged("it does not say what it holds") from None

    def refuse_if_foreign(self) -> None:
        """Raises Conflict ``backup.newer`` or ``backup.older`` unless its rows fit here."""
        loader = MigrationLoader(connection)
        here = {key: found for key, found in loader.disk_migrations.items() if key[0] in INCLUDED}
        there = {(app, name) for app, names in self.migrations.items() for name in names}
        ours = product_version()
        if there - set(here) or numbers(self.version) > numbers(ours):
            raise Conflict(
                f"This backup was made by CertiFlow Admin {self.version}, and this is {ours}, "
                "which cannot know everything in it. Update this installation to that version "
                "first.",
                code="backup.newer",
                field="file",
            )
        if not all(only_adds(here[key]) for key in set(here) - there):
            raise Conflict(
                f"This backup was made by CertiFlow Admin {self.version}, and what it holds has "
                f"been rearranged since. Install version {self.version}, restore the backup there, "
                "then update.",
                code="backup.older",
                field="file",
            )


def product_version() -> str:
    return version("certiflow-admin")


def numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def only_adds(migration: Migration) -> bool:
    return all(isinstance(each, ADDING) for each in migration.operations)


def applied_migrations(alias: str) -> dict[str, list[str]]:
    found: Iterable[tuple[str, str]] = MigrationRecorder(connections[alias]).applied_migrations()
    names: dict[str, list[str]] = {app: [] for app in sorted(INCLUDED)}
    for app, name in sorted(found):
        if app in INCLUDED:
            names[app].append(name)
    return names


def this_host() -> str:
    return str(settings.HOST)
