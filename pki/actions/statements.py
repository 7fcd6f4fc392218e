"""SQL that Django writes once a process, for the statements behind every certificate.

Django writes a statement anew each time, which takes it several times as long as SQLite
takes to run it: together a third of all that issuing a certificate took. These say what
``save``, ``update`` and ``values_list`` say, and no model here has signals to send.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model, QuerySet
from django.db.models.sql import InsertQuery


def insert(row: Model) -> None:
    """As ``row.save(force_insert=True)``."""
    text, fields = insertion(type(row))
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        if row.pk is None:
            row.pk = inserted_key(cursor, type(row))
    row._state.adding = False
    row._state.db = connection.alias


def update(model: type[Model], changes: Mapping[str, object], **where: object) -> int:
    """As ``model.objects.filter(**where).update(**changes)``, with columns' names only."""
    text, fields = updating(model, tuple(changes), tuple(where))
    values = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields, (*changes.values(), *where.values()), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return int(cursor.rowcount)


def read(
    query: Callable[[], "QuerySet[Any, Any]"], *parameters: int | str
) -> list[tuple[Any, ...]]:
    """The rows of a query that always reads the same, with other parameters each time.

    They come as the database's driver gives them, without Django's conversions.
    """
    with connection.cursor() as cursor:
        cursor.execute(selection(query), parameters)
        return list(cursor.fetchall())


@cache
def insertion(model: type[Model]) -> tuple[str, list["Field[Any, Any]"]]:
    fields = [
        field for field in model._meta.local_concrete_fields if not isinstance(field, AutoField)
    ]
    query = InsertQuery(model)
    query.insert_values(fields, [model()])
    compiler = query.get_compiler(connection=connection)
    if connection.features.can_return_columns_from_insert:
        compiler.returning_fields = model._meta.db_returning_fields
    [(text, _)] = compiler.as_sql()
    return text, fields


def inserted_key(cursor: Any, model: type[Model]) -> Any:
    if connection.features.can_return_columns_from_insert:
        return cursor.fetchone()[0]
    return connection.ops.last_insert_id(cursor, model._meta.db_table, "id")


@cache
def updating(
    model: type[Model], changes: tuple[str, ...], where: tuple[str, ...]
) -> tuple[str, list["Field[Any, Any]"]]:
    quote = connection.ops.quote_name
    by_attribute = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_attribute[name] for name in (*changes, *where)]
    columns = [f"{quote(str(field.column))} = %s" for field in fields]
    assigned, required = columns[: len(changes)], columns[len(changes) :]
    table, settings, conditions = model._meta.db_table, ", ".join(assigned), " AND ".join(required)
    # Of the model's own names only, never of a value.
    return f"UPDATE {quote(table)} SET {settings} WHERE {conditions}", fields  # noqa: S608


@cache
def selection(query: Callable[[], "QuerySet[Any, Any]"]) -> str:
    text, _ = query().query.sql_with_params()
    return str(text)
