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

import psycopg
from django.db import connection, models

from chargepoints.database import strict_json

Row = Sequence[Any]

# Each statement lets go of the GIL and has to wait for it, so few statements; and few texts, so
# that SQLite's cache of statements knows them all.
ROWS_AT_ONCE = (64, 16, 4, 1)


def insert(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Insert rows: of each a value for every column but an automatic id, in their order."""
    columns, conversions = _columns(model, connection.vendor)
    table = model._meta.db_table
    by_column = list(zip(*rows, strict=True))
    for place, conversion in conversions:
        by_column[place] = tuple(map(conversion, by_column[place]))
    values = list(zip(*by_column, strict=True))
    if connection.vendor == "postgresql":
        with _cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
        return
    with _cursor() as cursor:
        done = 0
        for size in ROWS_AT_ONCE:
            while len(values) - done >= size:
                now = values[done : done + size]
                cursor.execute(_insert_text(table, columns, size), list(chain.from_iterable(now)))
                done += size


@cache
def _insert_text(table: str, columns: str, rows: int) -> str:
    marks = f"({', '.join('?' * (columns.count(',') + 1))})"
    return f"INSERT INTO {table} ({columns}) VALUES {', '.join([marks] * rows)}"  # noqa: S608


def execute_many(sql: str, rows: Sequence[Row]) -> int:
    """How many rows of the database were hit, by all of them together."""
    with _cursor() as cursor:
        cursor.executemany(_marked(sql), [_for_driver(row, connection.vendor) for row in rows])
        hit: int = cursor.rowcount
    return hit


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


def _for_driver(row: Row, vendor: str) -> Row:
    if vendor != "sqlite":
        return row
    return [_sqlite_time(value) if isinstance(value, datetime) else value for value in row]
