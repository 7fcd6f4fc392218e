"""What a backup holds of the database, row by row, in a form that suits every database."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from django.apps import apps
from django.db import connection
from django.db.models import Field, Model
from django.utils.duration import duration_iso_string

from pki.outside_json import without_surrogates
from pki.vault.container import damaged

Table = type[Model]
Column: TypeAlias = "Field[Any, Any]"

#: Whose tables are backed up, every one of them: a new model is included by itself.
INCLUDED = frozenset({"pki", "account", "mfa"})
#: Whose tables are not, and why.
LEFT_OUT_APPS = {
    "auth": "groups and permissions: roles say what people may do",
    "contenttypes": "made by the preparation of the tables",
    "django_tasks_database": "orders to run a job now; the clock gives new ones",
    "sessions": "everybody signs in again",
}
#: The exceptions among the tables that are.
LEFT_OUT = {
    "pki.Clock": "a sign of life of the scheduler that runs here",
    "pki.KeyRingState": "which key seals here; after a restore the first of the restored ring",
    "pki.SetupCode": "lets the first administrator in, who is there afterwards",
    "pki.User_groups": LEFT_OUT_APPS["auth"],
    "pki.User_user_permissions": LEFT_OUT_APPS["auth"],
}
#: Rows read or written at once.
BATCH = 500


def tables() -> dict[str, Table]:
    """By their labels, ``pki.Certificate`` for example, those between two models included."""
    return {
        model._meta.label: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in INCLUDED
        and model._meta.label not in LEFT_OUT
        and not model._meta.proxy
    }


def columns(table: Table) -> list[Column]:
    return list(table._meta.concrete_fields)


def count(table: Table, alias: str) -> int:
    return int(table._base_manager.using(alias).count())


def lines(table: Table, alias: str) -> Iterator[bytes]:
    """What the table is called and its columns, then each of its rows, by its primary key."""
    names = [column.attname for column in columns(table)]
    yield line({"table": table._meta.label, "columns": names})
    rows = table._base_manager.using(alias).order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=BATCH):
        yield line(row)


def line(value: object) -> bytes:
    text = json.dumps(value, default=plain, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        # Half a character that was stored before texts were checked: no reason to have no backup.
        return without_surrogates(text).encode() + b"\n"


def plain(value: object) -> str:
    """What JSON has no form for; a field's ``to_python`` reads it back."""
    match value:
        case bytes() | memoryview():
            return base64.b64encode(value).decode()
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return duration_iso_string(value)
        case UUID() | Decimal():
            return str(value)
    raise TypeError(f"A backup has no form for {type(value).__name__}.")


class Filling:
    """Puts rows from a backup into one table of the installation."""

    def __init__(self, table: Table, names: list[str]) -> None:
        """Columns that the backup does not know yet get their defaults."""
        known = {column.attname: column for column in columns(table)}
        if not set(names) <= set(known):
            raise damaged(f"{table._meta.label} has columns that do not exist")
        self.given = [known[name] for name in names]
        self.further = [column for name, column in known.items() if name not in names]
        self.statement = insertion(table, [*self.given, *self.further])
        self.readers: list[Callable[[Any], Any]] = [column.to_python for column in self.given]

    def fill(self, rows: Iterable[list[Any]]) -> None:
        waiting: list[list[Any]] = []
        for row in rows:
            waiting.append(self.values(row))
            if len(waiting) == BATCH:
                self.insert(waiting)
                waiting = []
        if waiting:
            self.insert(waiting)

    def values(self, row: list[Any]) -> list[Any]:
        values = [
            value if value is None else read(value)
            for read, value in zip(self.readers, row, strict=True)
        ]
        values += [column.get_default() for column in self.further]
        return [
            column.get_db_prep_save(value, connection)
            for column, value in zip((*self.given, *self.further), values, strict=True)
        ]

    def insert(self, rows: list[list[Any]]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(self.statement, rows)


def insertion(table: Table, into: list[Column]) -> str:
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(column.column)) for column in into)
    places = ", ".join(["%s"] * len(into))
    # Of the model's own names only, never of a value.
    return f"INSERT INTO {quote(table._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608
