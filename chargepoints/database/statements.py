"""How the rows and the short questions of every message get to each database.

Both take many rows a statement, of few texts which both keep prepared, and on the driver's own
cursor: Django's translates the text of every statement anew. To PostgreSQL they go in a pipeline
(`pipelined`), which costs less than half of waiting for each, and less than its COPY, which is
read and planned each time.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from psycopg.types.numeric import Int8Dumper

from chargepoints import clock
from chargepoints.database import strict_json

Row = Sequence[Any]

# Each statement lets go of the GIL and has to wait for it, so few statements; and few texts, so
# that SQLite's cache of statements knows them all.
ROWS_AT_ONCE = {"sqlite": (64, 16, 4, 1), "postgresql": (64, 32, 16, 8, 4, 2, 1)}
# SQLite's driver looks in three places for how to store a None, unless it finds it in the first.
_as_it_is: Any = {}.get
sqlite3.register_adapter(type(None), _as_it_is)
# Statements that a connection to PostgreSQL keeps: of some ten tables in these sizes, and others.
PREPARED_MOST = 500


def insert(model: type[models.Model], rows: Sequence[Row], *, on_conflict: str = "") -> None:
    """Insert rows: of each a value for every column but an automatic id, in their order.

    `on_conflict` is what the statement ends with, where such rows may be there.
    """
    database = _database()
    table, names, by_column, nothing = model._meta.db_table, [], [], (None,) * len(rows)
    for column, told in zip(_columns(model, database.vendor), zip(*rows, strict=True), strict=True):
        if not column.left_out_if_null or told != nothing:
            names.append(column.name)
            by_column.append(tuple(map(column.convert, told)) if column.convert else told)
    columns, values, done = ", ".join(names), list(zip(*by_column, strict=True)), 0
    with database.wrap_database_errors:
        for size in ROWS_AT_ONCE[database.vendor]:
            while len(values) - done >= size:
                now = list(chain.from_iterable(values[done : done + size]))
                _execute(database, _insert_text(table, columns, size, on_conflict), now)
                done += size


@cache
def _insert_text(table: str, columns: str, rows: int, on_conflict: str) -> str:
    marks = f"({', '.join(['%s'] * (columns.count(',') + 1))})"
    values = ", ".join([marks] * rows)
    return f"INSERT INTO {table} ({columns}) VALUES {values} {on_conflict}"  # noqa: S608


def execute(sql: str, parameters: Row) -> int:
    """How many rows of the database were hit."""
    database = _database()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            parameters = _for_sqlite(parameters)
        return int(_execute(database, sql, parameters).rowcount)


def execute_many(sql: str, rows: Sequence[Row]) -> None:
    database = _database()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            values = [_for_sqlite(row) for row in rows]
            database.connection.executemany(_with_question_marks(sql), values)
            return
        for row in rows:
            _execute(database, sql, row)


class Sent:
    """Statements on their way to the database; within `pipelined` they are done at its end."""

    def __init__(self, cursors: Sequence[Any]) -> None:
        self._cursors = cursors

    def rowcount(self) -> int:
        """How many rows of the database were hit, once they are done."""
        return sum(cursor.rowcount for cursor in self._cursors)


def send_at_once(text: Callable[[int], str], rows: Sequence[Row]) -> Sent:
    """Run what `text` makes for so many rows at once; the values are as the driver takes them.

    A statement for each row would let go of the GIL, and wait for it, once a row.
    """
    database = _database()
    done, cursors = 0, []
    with database.wrap_database_errors:
        for size in ROWS_AT_ONCE[database.vendor]:
            while len(rows) - done >= size:
                values = list(chain.from_iterable(rows[done : done + size]))
                cursors.append(_execute_apart(database, text(size), values))
                done += size
    return Sent(cursors)


@contextmanager
def pipelined(statements: int) -> Iterator[None]:
    """Send what is run inside to PostgreSQL without waiting for each; errors come at the end.

    What is read inside waits for all before it. `statements`: about how many there will be; for
    one alone a pipeline costs more than it saves.
    """
    database = _database()
    if database.vendor == "sqlite" or statements < 2:
        yield
        return
    with database.wrap_database_errors, database.connection.pipeline():
        yield


def fetch_one(sql: str, parameters: Row) -> tuple[Any, ...] | None:
    database = _database()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            parameters = _for_sqlite(parameters)
        row: tuple[Any, ...] | None = _execute(database, sql, parameters).fetchone()
        return row


def fetch_all(sql: str, parameters: Row) -> list[tuple[Any, ...]]:
    database = _database()
    with database.wrap_database_errors:
        if database.vendor == "sqlite":
            parameters = _for_sqlite(parameters)
        rows: list[tuple[Any, ...]] = _execute(database, sql, parameters).fetchall()
        return rows


@cache
def vendor() -> str:
    """`sqlite` or `postgresql`; a process has one database."""
    return connections[DEFAULT_DB_ALIAS].vendor


@cache
def free_row(table: str) -> str:
    """The condition for the row of an id, unless another transaction is changing it: who passes
    over such a row waits for nobody, and so nobody can wait for him in a circle.
    """
    if vendor() == "sqlite":  # has one writer
        return "id = %s"
    return f"id = (SELECT id FROM {table} WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)"  # noqa: S608


_this_thread = threading.local()


def remember_connection() -> None:
    """Keep this thread's connection, which Django looks up anew, slowly, at each use."""
    _this_thread.database = connections[DEFAULT_DB_ALIAS]


def _database() -> Any:
    """This thread's connection, open."""
    database = getattr(_this_thread, "database", None) or connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        database.ensure_connection()
    return database


def _execute(database: Any, sql: str, values: Row) -> Any:
    """The driver's cursor after it ran this; the values are as the driver takes them."""
    if database.vendor == "sqlite":
        return database.connection.execute(_with_question_marks(sql), values)
    return _cursor(database).execute(_numbered(sql), values, prepare=True)


def _execute_apart(database: Any, sql: str, values: Row) -> Any:
    """As `_execute`, with a cursor of its own: its count of rows outlasts the next statement."""
    if database.vendor == "sqlite":
        return database.connection.execute(_with_question_marks(sql), values)
    return _new_cursor(database).execute(_numbered(sql), values, prepare=True)


def _cursor(database: Any) -> psycopg.RawCursor[tuple[Any, ...]]:
    """This thread's own on this connection."""
    cursor: psycopg.RawCursor[tuple[Any, ...]] | None = getattr(_this_thread, "cursor", None)
    if cursor is None or cursor.connection is not database.connection:
        database.connection.prepared_max = PREPARED_MOST
        cursor = _this_thread.cursor = _new_cursor(database)
    return cursor


def _new_cursor(database: Any) -> psycopg.RawCursor[tuple[Any, ...]]:
    cursor: psycopg.RawCursor[tuple[Any, ...]] = psycopg.RawCursor(database.connection)
    # One type for all, whatever their size: a statement is prepared for the types it is given.
    cursor.adapters.register_dumper(int, Int8Dumper)
    return cursor


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


@lru_cache(maxsize=512)
def _numbered(sql: str) -> bytes:
    """With the placeholders of PostgreSQL itself: what has more than 50 of the driver's own it
    would read anew each time, which took a quarter of the writer's time.
    """
    first, *others = sql.split("%s")
    parts = [f"${at}{part}" for at, part in enumerate(others, start=1)]
    return "".join([first, *parts]).encode()


Conversion = Callable[[Any], Any]


class Column(NamedTuple):
    """`convert` makes of a value what the driver takes; None where that is the same.

    `left_out_if_null`: where no row has a value. SQLite's driver takes three times as long for a
    None as for a number; PostgreSQL would plan each selection of columns by itself.
    """

    name: str
    left_out_if_null: bool
    convert: Conversion | None


@cache
def _columns(model: type[models.Model], vendor: str) -> Sequence[Column]:
    quoted, on_sqlite = connection.ops.quote_name, vendor == "sqlite"
    conversion_of = conversion if on_sqlite else _conversion_to_untyped
    return [
        Column(quoted(str(field.column)), on_sqlite and field.null, conversion_of(field, vendor))
        for field in model._meta.local_concrete_fields
        if not isinstance(field, models.AutoField)
    ]


def conversion(field: "models.Field[Any, Any]", vendor: str) -> Conversion | None:
    """What makes of a field's value what the driver takes; None where that is the same."""
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.DateTimeField) and vendor == "sqlite":
        return _sqlite_time
    if isinstance(field, models.BooleanField) and vendor == "sqlite":
        # What else the driver would look for a way to store.
        return _integer if field.null else int
    if isinstance(field, models.UUIDField) and vendor == "sqlite":
        return lambda value: value and value.hex
    return None


def _conversion_to_untyped(field: "models.Field[Any, Any]", vendor: str) -> Conversion | None:
    """Of a column that may be NULL, as text: the driver gives no type with either, and so the same
    statement is prepared once, whichever columns of a row have no value.
    """
    convert = conversion(field, vendor)
    return convert if convert is not None or not field.null else _untyped


def _untyped(value: Any) -> str | None:
    if value is None:
        return None
    return clock.written(value) if isinstance(value, datetime) else str(value)


def _integer(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _json(value: Any) -> str | None:
    if value is None:
        return None
    if value == []:
        return "[]"
    return strict_json.dumps(value).decode()


@lru_cache(maxsize=1024)
def _sqlite_time(value: datetime | None) -> str | None:
    """The text in which Django stores a time in SQLite."""
    return None if value is None else clock.written(value).replace("T", " ")


def _for_sqlite(row: Row) -> Row:
    if _CONVERTED.isdisjoint(map(type, row)):
        return row
    converted = _SQLITE_TYPES.get
    return [
        convert(value) if (convert := converted(type(value))) is not None else value
        for value in row
    ]


_SQLITE_TYPES: dict[type, Conversion] = {datetime: _sqlite_time, UUID: lambda value: value.hex}
_CONVERTED = frozenset(_SQLITE_TYPES)
