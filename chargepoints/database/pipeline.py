"""Sends statements to PostgreSQL in one round trip, in libpq's pipeline mode.

psycopg's own pipeline exchanges data with the server after each statement: three system calls
in this process, and a wake-up of the server's. This one fills libpq's buffer, sends it once and
then reads all results, which costs a tenth. psycopg converts the values.
"""

import select
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import count, islice
from typing import Any, NamedTuple

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.types.numeric import Int8Dumper

Row = Sequence[Any]
Connection = psycopg.Connection[Any]
Found = pq.abc.PGresult
# The text of a statement, and the types of its parameters.
Statement = tuple[bytes, tuple[int, ...]]

# For each connection: inserts into ten tables, each for up to seven numbers of rows, updates of
# many selections of columns, and queries.
PREPARED_MOST = 500
# Where a connection keeps what it has prepared: pooled connections change between threads.
_ATTRIBUTE = "_prepared_by_pipelines"
# After these the prepared statements cannot be relied on: a migration has changed the type of a
# column, or somebody else has deallocated them.
_UNPREPARED = (psycopg.errors.FeatureNotSupported, psycopg.errors.InvalidSqlStatementName)
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)


class Result:
    """The result of one statement; to read it runs the pipeline, if it has not run yet."""

    __slots__ = ("_found", "_pipeline")

    def __init__(self, pipeline: "Pipeline") -> None:
        self._pipeline = pipeline
        self._found: Found | None = None

    def set(self, found: Found) -> None:
        self._found = found

    @property
    def rowcount(self) -> int:
        return self._get().command_tuples or 0

    def fetchone(self) -> tuple[Any, ...] | None:
        found = self._get()
        rows = self._pipeline.rows(found, min(found.ntuples, 1))
        return rows[0] if rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        found = self._get()
        return self._pipeline.rows(found, found.ntuples)

    def _get(self) -> Found:
        if self._found is None:
            self._pipeline.run()
        if self._found is None:
            raise psycopg.InterfaceError("the pipeline of this statement has failed")
        return self._found


class _Waiting(NamedTuple):
    """A statement that has not been sent, with its values as libpq takes them."""

    statement: Statement
    values: Sequence[Any]
    formats: Sequence[pq.Format] | None
    result: Result


class Pipeline:
    """The statements of one round trip; only one pipeline at a time uses a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._prepared = _prepared(connection)
        self._waiting: list[_Waiting] = []

    def add(self, sql: bytes, values: Row) -> Result:
        """Add a statement with PostgreSQL's own placeholders.

        Raises psycopg.Error for a value that cannot be sent.
        """
        transformer, result = self._prepared.transformer, Result(self)
        dumped = transformer.dump_sequence(values, _any_format(len(values)))
        statement = sql, tuple(transformer.types or ())
        self._waiting.append(_Waiting(statement, dumped, transformer.formats, result))
        return result

    def run(self) -> None:
        """Send the statements, and read their results.

        Raises psycopg.Error; then none of the results can be read, and a transaction has failed.
        """
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        changes = self._prepared.changes([each.statement for each in waiting])
        try:
            found = self._exchange(changes, waiting)
        except BaseException:
            # The rest of the results cannot be told from those of later statements.
            self._connection.close()
            raise
        own = len(found) - len(waiting)
        self._prepared.note(changes, found[own - len(changes) : own])
        for each in found:
            if each.status in _FAILED:
                error = error_from_result(each, self._connection.info.encoding)
                if isinstance(error, _UNPREPARED):
                    self._connection.close()
                raise error
        for sent, each in zip(waiting, found[own:], strict=True):
            sent.result.set(each)

    def rows(self, found: Found, count: int) -> list[tuple[Any, ...]]:
        self._prepared.transformer.set_pgresult(found)
        return self._prepared.transformer.load_rows(0, count, tuple)

    def _exchange(self, changes: "Sequence[_Change]", waiting: Sequence[_Waiting]) -> list[Found]:
        """The results of a BEGIN, if one is needed, of the changes, and of the statements."""
        connection, pgconn = self._connection, self._connection.pgconn
        idle = pgconn.transaction_status == pq.TransactionStatus.IDLE
        pgconn.enter_pipeline_mode()
        if idle and not connection.autocommit:
            pgconn.send_query_params(_begin(connection.isolation_level), None)
        for change in changes:
            change.send(pgconn)
        for each in waiting:
            name = self._prepared.names[each.statement]
            pgconn.send_query_prepared(name, each.values, each.formats)
        pgconn.pipeline_sync()
        found = list(_results(pgconn))
        pgconn.exit_pipeline_mode()
        return found


class _Change(NamedTuple):
    """A statement that the server shall prepare, or forget."""

    statement: Statement
    name: bytes
    forget: bool = False

    def send(self, pgconn: pq.abc.PGconn) -> None:
        if self.forget:
            pgconn.send_query_params(b"DEALLOCATE " + self.name, None)
        else:
            pgconn.send_prepare(self.name, *self.statement)


class _Prepared:
    """The names of the statements that a connection keeps prepared, the last used at the end."""

    def __init__(self, connection: Connection) -> None:
        context: psycopg.RawCursor[Any] = psycopg.RawCursor(connection)
        # One type for all integers: a statement is prepared for the types of its parameters.
        context.adapters.register_dumper(int, Int8Dumper)
        self.transformer = Transformer(context)
        self.names: OrderedDict[Statement, bytes] = OrderedDict()
        self._numbers = count()

    def changes(self, statements: Iterable[Statement]) -> list[_Change]:
        """What the server has to prepare before these, and what it may forget."""
        changes = []
        for statement in statements:
            if statement in self.names:
                self.names.move_to_end(statement)
            else:
                name = self.names[statement] = b"connect_%d" % next(self._numbers)
                changes.append(_Change(statement, name))
        superfluous = max(0, len(self.names) - PREPARED_MOST)
        oldest = islice(self.names.items(), superfluous)
        return changes + [_Change(statement, name, forget=True) for statement, name in oldest]

    def note(self, changes: Sequence[_Change], found: Sequence[Found]) -> None:
        """Forget what the server could not prepare, or has forgotten."""
        for change, result in zip(changes, found, strict=True):
            if change.forget == (result.status == pq.ExecStatus.COMMAND_OK):
                del self.names[change.statement]


def _prepared(connection: Connection) -> _Prepared:
    prepared: _Prepared | None = getattr(connection, _ATTRIBUTE, None)
    if prepared is None:
        prepared = _Prepared(connection)
        setattr(connection, _ATTRIBUTE, prepared)
    return prepared


@cache
def _any_format(count: int) -> Sequence[PyFormat]:
    return [PyFormat.AUTO] * count


def _begin(level: psycopg.IsolationLevel | None) -> bytes:
    if level is None:
        return b"BEGIN"
    return f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}".encode()


def _results(pgconn: pq.abc.PGconn) -> Iterator[Found]:
    """One result for each statement, up to the end of the pipeline."""
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN | select.POLLOUT)
    while pgconn.flush():  # 1: the socket takes no more for the moment
        if any(event & ~select.POLLOUT for _, event in poll.poll()):
            pgconn.consume_input()
    poll.modify(pgconn.socket, select.POLLIN)
    while True:
        while pgconn.is_busy():
            poll.poll()
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:  # the end of one statement
            if pgconn.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError("the connection to the server is broken")
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return
        yield result
