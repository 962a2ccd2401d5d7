"""How the rows and the short questions of every message get to each database.

SQLite takes many rows a statement. PostgreSQL takes rows by COPY, and prepared statements. Both
do so on the driver's own cursor: Django's translates the text of every statement anew.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import orjson
import psycopg
from django.db import connection, models

Row = Sequence[Any]

# A constant, so that SQLite's cache of statements knows the text.
ROWS_AT_ONCE = 24


def insert(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Insert rows: of each a value for every column but an automatic id, in their order."""
    columns, convert = _columns(model, connection.vendor)
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        with _cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(convert(row))
        return
    marks = ", ".join(["%s"] * (columns.count(",") + 1))
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608
    values = [convert(row) for row in rows]
    with _cursor() as cursor:
        # Each statement lets go of the GIL, and has to wait for it: many rows a statement.
        while len(values) >= ROWS_AT_ONCE:
            now, values = values[:ROWS_AT_ONCE], values[ROWS_AT_ONCE:]
            many = f"{sql}{f', ({marks})' * (ROWS_AT_ONCE - 1)}"
            cursor.execute(_marked(many), list(chain.from_iterable(now)))
        if values:
            cursor.executemany(_marked(sql), values)


def execute_many(sql: str, rows: Sequence[Row]) -> None:
    with _cursor() as cursor:
        cursor.executemany(_marked(sql), [_for_driver(row, connection.vendor) for row in rows])


def fetch_one(sql: str, parameters: Row) -> tuple[Any, ...] | None:
    with _cursor() as cursor:
        cursor.execute(_marked(sql), _for_driver(parameters, connection.vendor))
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def fetch_all(sql: str, parameters: Row) -> list[tuple[Any, ...]]:
    with _cursor() as cursor:
        cursor.execute(_marked(sql), _for_driver(parameters, connection.vendor))
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@contextmanager
def _cursor() -> Iterator[Any]:
    """A cursor of the driver itself; its errors are Django's."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            with psycopg.Cursor(connection.connection) as cursor:
                yield cursor
        else:
            with closing(connection.connection.cursor()) as cursor:
                yield cursor


def _marked(sql: str) -> str:
    return _with_question_marks(sql) if connection.vendor == "sqlite" else sql


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


@cache
def _columns(model: type[models.Model], vendor: str) -> tuple[str, Callable[[Row], list[Any]]]:
    """The names of a model's columns, and the conversion of a row to what the driver takes."""
    fields = [
        field
        for field in model._meta.local_concrete_fields
        if not isinstance(field, models.AutoField)
    ]
    conversions = [
        (place, conversion)
        for place, field in enumerate(fields)
        if (conversion := _conversion(field, vendor)) is not None
    ]

    def convert(row: Row) -> list[Any]:
        values = list(row)
        for place, conversion in conversions:
            if values[place] is not None:
                values[place] = conversion(values[place])
        return values

    return ", ".join(connection.ops.quote_name(str(field.column)) for field in fields), convert


def _conversion(field: "models.Field[Any, Any]", vendor: str) -> Callable[[Any], Any] | None:
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.DateTimeField) and vendor == "sqlite":
        return _sqlite_time
    if isinstance(field, models.UUIDField) and vendor == "sqlite":
        return lambda value: value.hex
    return None


def _json(value: Any) -> str:
    if value == []:
        return "[]"
    return orjson.dumps(value).decode()


@lru_cache(maxsize=1024)
def _sqlite_time(value: datetime) -> str:
    """As Django stores it; the time of receipt stands in every row of a message."""
    if value.tzinfo is not UTC:
        value = value.astimezone(UTC)
    return value.isoformat(" ")[:-6]


def _for_driver(row: Row, vendor: str) -> Row:
    if vendor != "sqlite":
        return row
    return [_sqlite_time(value) if isinstance(value, datetime) else value for value in row]
