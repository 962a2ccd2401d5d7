"""Runs the frequent statements of every message with little overhead.

Each statement takes many rows, and there are few statement texts, so that both databases can
keep them prepared. They bypass Django's cursor, which translates each text anew. On PostgreSQL
they run in a pipeline (`pipelined`): that costs a fraction of waiting for each, and less than
COPY, which is parsed and planned each time. The queries of several units of work run in a
pipeline, too (`run_side_by_side`).
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from chargepoints import clock
from chargepoints.database import side_by_side, strict_json
from chargepoints.database.pipeline import Pipeline, Result

Row = Sequence[Any]

# Each statement releases the GIL and must acquire it again, so there are few statements; and few
# texts, so that all fit into SQLite's statement cache.
ROWS_AT_ONCE = {"sqlite": (64, 16, 4, 1), "postgresql": (64, 32, 16, 8, 4, 2, 1)}
# P2: a slow database answers so many within the time after which it counts as down.
QUERIES_AT_ONCE = 16
# Without an adapter SQLite's driver tries three ways of storing a None, which is slow.
_as_it_is: Any = {}.get
sqlite3.register_adapter(type(None), _as_it_is)


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

    def __init__(self, results: Sequence[Any]) -> None:
        self._results = results

    def rowcount(self) -> int:
        """The number of affected rows, once the statements have finished."""
        return sum(result.rowcount for result in self._results)


def send_at_once(text: Callable[[int], str], rows: Sequence[Row]) -> Sent:
    """Run `text(n)` for up to n rows at once; the values are already converted for the driver.

    A statement for each row would release and acquire the GIL for each row.
    """
    database = _database()
    done, results = 0, []
    with database.wrap_database_errors:
        for size in ROWS_AT_ONCE[database.vendor]:
            while len(rows) - done >= size:
                values = list(chain.from_iterable(rows[done : done + size]))
                results.append(_execute(database, text(size), values))
                done += size
    return Sent(results)


@contextmanager
def pipelined() -> Iterator[None]:
    """Send the statements inside to PostgreSQL without waiting for each; errors come at the end.

    A query inside waits for all statements before it.
    """
    database = _database()
    if database.vendor == "sqlite":
        yield
        return
    pipeline = _this_thread.pipeline = Pipeline(database.connection)
    try:
        yield
        with database.wrap_database_errors:
            pipeline.run()
    finally:
        _this_thread.pipeline = None


def run_side_by_side(
    groups: Iterable[Sequence[side_by_side.Unit]], *, progress: Callable[[], None]
) -> None:
    """Run units of work, those of a group in their order; queries of units in different groups are
    sent to PostgreSQL together. `progress` is called after each round trip.
    """

    def execute_all(queries: Sequence[tuple[bytes, Row]]) -> list[Result]:
        results: list[Result] = []
        for at in range(0, len(queries), QUERIES_AT_ONCE):
            results += _execute_all(queries[at : at + QUERIES_AT_ONCE])
            progress()
        return results

    side_by_side.run(groups, execute_all)


def _execute_all(queries: Sequence[tuple[bytes, Row]]) -> Sequence[Result]:
    database = _database()
    with database.wrap_database_errors:
        pipeline = Pipeline(database.connection)
        results = [pipeline.add(sql, values) for sql, values in queries]
        pipeline.run()
    return results


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
    # Within `pipelined`.
    pipeline: Pipeline | None = None


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
    """Run this; the values are converted for the driver. Returns SQLite's cursor or a `Result`."""
    if database.vendor == "sqlite":
        return database.connection.execute(_with_question_marks(sql), values)
    text = _numbered(sql)
    if (pipeline := _this_thread.pipeline) is not None:
        return pipeline.add(text, values)
    # Within a savepoint, other units must not write.
    if side_by_side.is_running() and not database.savepoint_ids:
        return side_by_side.ask((text, values))
    return _execute_all([(text, values)])[0]


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


@lru_cache(maxsize=512)
def _numbered(sql: str) -> bytes:
    """The text with PostgreSQL's own placeholders."""
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
