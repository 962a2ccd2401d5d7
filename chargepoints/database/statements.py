"""Runs the frequent statements of every message with little overhead.

Each statement takes many rows, and there are few statement texts, so that both databases can
keep them prepared. They run on the driver's own cursor, because Django's translates each text
anew. On PostgreSQL they run in a pipeline (`pipelined`): that costs less than half of waiting
for each, and less than COPY, which is parsed and planned each time. The queries of several units
of work run in a pipeline, too (`run_side_by_side`).
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from psycopg.types.numeric import Int8Dumper

from chargepoints import clock
from chargepoints.database import side_by_side, strict_json

Row = Sequence[Any]

# Each statement releases the GIL and must acquire it again, so there are few statements; and few
# texts, so that all fit into SQLite's statement cache.
ROWS_AT_ONCE = {"sqlite": (64, 16, 4, 1), "postgresql": (64, 32, 16, 8, 4, 2, 1)}
# Without an adapter SQLite's driver tries three ways of storing a None, which is slow.
_as_it_is: Any = {}.get
sqlite3.register_adapter(type(None), _as_it_is)
# Prepared statements per connection to PostgreSQL: some ten tables in these sizes, and others.
PREPARED_MOST = 500


def insert(model: type[models.Model], rows: Sequence[Row], *, on_conflict: str = "") -> None:
    """Insert rows: a value for every column but an automatic id, in the order of the columns.

    `on_conflict` is the end of the statement, for rows that may exist.
    """
    database = _database()
    table, names, by_column, nothing = model._meta.db_table, [], [], (None,) * len(rows)
    for column, given in zip(
        _columns(model, database.vendor), zip(*rows, strict=True), strict=True
    ):
        if not column.left_out_if_null or given != nothing:
            names.append(column.name)
            by_column.append(tuple(map(column.convert, given)) if column.convert else given)
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
    """Return the number of affected rows."""
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
    """Statements sent to the database; within `pipelined` they finish at its end."""

    def __init__(self, cursors: Sequence[Any]) -> None:
        self._cursors = cursors

    def rowcount(self) -> int:
        """The number of affected rows, once the statements have finished."""
        return sum(cursor.rowcount for cursor in self._cursors)


def send_at_once(text: Callable[[int], str], rows: Sequence[Row]) -> Sent:
    """Run `text(n)` for up to n rows at once; the values are already converted for the driver.

    A statement for each row would release and acquire the GIL for each row.
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
    """Send the statements inside to PostgreSQL without waiting for each; errors come at the end.

    A query inside waits for all statements before it. `statements`: the expected number; for a
    single one a pipeline costs more than it saves.
    """
    database = _database()
    if database.vendor == "sqlite":
        yield
        return
    # Other units of work must not write into what this one is about to send.
    _this_thread.alone = True
    try:
        if statements < 2:
            yield
            return
        with database.wrap_database_errors, database.connection.pipeline():
            yield
    finally:
        _this_thread.alone = False


def run_side_by_side(groups: Iterable[Sequence[side_by_side.Unit]]) -> None:
    """Run units of work, those of a group in their order; queries of units in different groups are
    sent to PostgreSQL together, in one round trip.
    """
    side_by_side.run(groups, _execute_all)


def _execute_all(queries: Sequence[tuple[bytes, Row]]) -> Sequence[Any]:
    """The cursors with the results, which are read before the next queries are sent."""
    database = _database()
    cursors = _cursors(database, len(queries))
    with database.wrap_database_errors, ExitStack() as stack:
        if len(queries) > 1:
            stack.enter_context(database.connection.pipeline())
        for cursor, (sql, values) in zip(cursors, queries, strict=False):
            cursor.execute(sql, values, prepare=True)
    return cursors[: len(queries)]


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
    """The SQL condition for a row by id, which skips it while another transaction changes it.
    Nobody waits for such a row, so no deadlock is possible.
    """
    if vendor() == "sqlite":  # only one writer
        return "id = %s"
    return f"id = (SELECT id FROM {table} WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)"  # noqa: S608


class _ThisThread(threading.local):
    database: Any = None
    cursors: tuple[psycopg.RawCursor[tuple[Any, ...]], ...] = ()
    # Whether the present unit of work must not be suspended.
    alone = False


_this_thread = _ThisThread()


def remember_connection() -> None:
    """Cache this thread's connection, because Django's lookup is slow."""
    _this_thread.database = connections[DEFAULT_DB_ALIAS]


def _database() -> Any:
    """This thread's connection, opened."""
    database = _this_thread.database or connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        database.ensure_connection()
    return database


def _execute(database: Any, sql: str, values: Row) -> Any:
    """Run this, and return the driver's cursor; the values are converted for the driver."""
    if database.vendor == "sqlite":
        return database.connection.execute(_with_question_marks(sql), values)
    if side_by_side.is_running() and not (_this_thread.alone or database.savepoint_ids):
        return side_by_side.ask((_numbered(sql), values))
    return _cursors(database, 1)[0].execute(_numbered(sql), values, prepare=True)


def _execute_apart(database: Any, sql: str, values: Row) -> Any:
    """As `_execute`, with a new cursor, whose row count stays after the next statement."""
    if database.vendor == "sqlite":
        return database.connection.execute(_with_question_marks(sql), values)
    return _new_cursor(database).execute(_numbered(sql), values, prepare=True)


def _cursors(database: Any, count: int) -> Sequence[psycopg.RawCursor[tuple[Any, ...]]]:
    """This thread's cursors on this connection, at least so many."""
    cursors = _this_thread.cursors
    if not cursors or cursors[0].connection is not database.connection:
        database.connection.prepared_max = PREPARED_MOST
        cursors = ()
    if len(cursors) < count:
        cursors += tuple(_new_cursor(database) for _ in range(count - len(cursors)))
        _this_thread.cursors = cursors
    return cursors


def _new_cursor(database: Any) -> psycopg.RawCursor[tuple[Any, ...]]:
    cursor: psycopg.RawCursor[tuple[Any, ...]] = psycopg.RawCursor(database.connection)
    # One type for all integers: a statement is prepared for the types of its parameters.
    cursor.adapters.register_dumper(int, Int8Dumper)
    return cursor


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


@lru_cache(maxsize=512)
def _numbered(sql: str) -> bytes:
    """The text with PostgreSQL's own placeholders. The driver caches no text with more than 50
    of its own placeholders; parsing took a quarter of the writer's time.
    """
    first, *others = sql.split("%s")
    parts = [f"${at}{part}" for at, part in enumerate(others, start=1)]
    return "".join([first, *parts]).encode()


Conversion = Callable[[Any], Any]


class Column(NamedTuple):
    """`convert` converts a value for the driver; None if nothing has to be converted.

    `left_out_if_null`: omit the column if no row has a value. SQLite's driver takes three times as
    long for a None as for a number; PostgreSQL would plan each selection of columns separately.
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
    """The function that converts a field's value for the driver; None if none is needed."""
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.DateTimeField) and vendor == "sqlite":
        return _sqlite_time
    if isinstance(field, models.BooleanField) and vendor == "sqlite":
        # Saves the driver a search for an adapter.
        return _integer if field.null else int
    if isinstance(field, models.UUIDField) and vendor == "sqlite":
        return lambda value: value and value.hex
    return None


def _conversion_to_untyped(field: "models.Field[Any, Any]", vendor: str) -> Conversion | None:
    """For a nullable column, as text: the driver sends neither text nor NULL with a type, so one
    prepared statement serves all rows, whichever columns are NULL.
    """
    convert = conversion(field, vendor)
    return convert if convert is not None or not field.null else _untyped


def _untyped(value: Any) -> str | None:
    if value is None:
        return None
    return clock.iso_text(value) if isinstance(value, datetime) else str(value)


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
    """The text as which Django stores a time in SQLite."""
    return None if value is None else clock.iso_text(value).replace("T", " ")


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
