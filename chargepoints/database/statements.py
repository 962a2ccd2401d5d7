"""How the rows and the short questions of every message get to each database.

SQLite takes many rows a statement. PostgreSQL takes rows by COPY, and prepared statements. Both
do so on the driver's own cursor: Django's translates the text of every statement anew.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from chargepoints.database import strict_json

Row = Sequence[Any]

# Each statement lets go of the GIL and has to wait for it, so few statements; and few texts, so
# that SQLite's cache of statements knows them all.
ROWS_AT_ONCE = (64, 16, 4, 1)


def insert(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Insert rows: of each a value for every column but an automatic id, in their order."""
    database = _database()
    columns, conversions = _columns(model, database.vendor)
    table = model._meta.db_table
    by_column = list(zip(*rows, strict=True))
    for place, convert in conversions:
        by_column[place] = tuple(map(convert, by_column[place]))
    values = list(zip(*by_column, strict=True))
    with database.wrap_database_errors:
        if database.vendor == "postgresql":
            text = f"COPY {table} ({columns}) FROM STDIN"
            with psycopg.Cursor(database.connection) as cursor, cursor.copy(text) as copy:
                for row in values:
                    copy.write_row(row)
            return
        done = 0
        for size in ROWS_AT_ONCE:
            while len(values) - done >= size:
                now = values[done : done + size]
                text = _insert_text(table, columns, size)
                database.connection.execute(text, list(chain.from_iterable(now)))
                done += size


@cache
def _insert_text(table: str, columns: str, rows: int) -> str:
    marks = f"({', '.join('?' * (columns.count(',') + 1))})"
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([marks] * rows)}"  # noqa: S608


def execute_many(sql: str, rows: Sequence[Row]) -> int:
    """How many rows of the database were hit, by all of them together."""
    database = _database()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            values = [_for_sqlite(row) for row in rows]
            hit: int = database.connection.executemany(_with_question_marks(sql), values).rowcount
            return hit
        with psycopg.Cursor(database.connection) as cursor:
            cursor.executemany(sql, rows)
            return cursor.rowcount


def fetch_one(sql: str, parameters: Row) -> tuple[Any, ...] | None:
    database = _database()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            text, values = _with_question_marks(sql), _for_sqlite(parameters)
            row: tuple[Any, ...] | None = database.connection.execute(text, values).fetchone()
            return row
        with psycopg.Cursor(database.connection) as cursor:
            return cursor.execute(sql, parameters).fetchone()


def fetch_all(sql: str, parameters: Row) -> list[tuple[Any, ...]]:
    database = _database()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            text, values = _with_question_marks(sql), _for_sqlite(parameters)
            rows: list[tuple[Any, ...]] = database.connection.execute(text, values).fetchall()
            return rows
        with psycopg.Cursor(database.connection) as cursor:
            return cursor.execute(sql, parameters).fetchall()


@cache
def vendor() -> str:
    """`sqlite` or `postgresql`; a process has one database."""
    return connections[DEFAULT_DB_ALIAS].vendor


def _database() -> Any:
    """This thread's connection, open: looked up once, as every look costs a microsecond."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        database.ensure_connection()
    return database


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


Conversion = Callable[[Any], Any]


@cache
def _columns(
    model: type[models.Model], vendor: str
) -> tuple[str, Sequence[tuple[int, Conversion]]]:
    """The names of a model's columns, and those to convert to what the driver takes."""
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not isinstance(field, models.AutoField)
    ]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    conversions = [(place, conversion(field, vendor)) for place, field in enumerate(fields)]
    return names, [(place, found) for place, found in conversions if found is not None]


def conversion(field: "models.Field[Any, Any]", vendor: str) -> Conversion | None:
    """What makes of a field's value what the driver takes; None where that is the same."""
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.DateTimeField) and vendor == "sqlite":
        return _sqlite_time
    if isinstance(field, models.UUIDField) and vendor == "sqlite":
        return lambda value: value and value.hex
    return None


def _json(value: Any) -> str | None:
    if value == []:
        return "[]"
    return None if value is None else strict_json.dumps(value).decode()


@lru_cache(maxsize=1024)
def _sqlite_time(value: datetime | None) -> str | None:
    """As Django stores it; the time of receipt stands in every row of a message."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(" ")[:-6]


def _for_sqlite(row: Row) -> Row:
    return [
        _sqlite_time(value)
        if isinstance(value, datetime)
        else value.hex
        if isinstance(value, UUID)
        else value
        for value in row
    ]
