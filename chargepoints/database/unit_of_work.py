"""The unit of work: what one database transaction writes besides the ORM's own statements.

Rows that are only appended (trace, meter values, status history, events) are collected as
plain tuples and inserted together at the end of the transaction (`statements.py`). That costs
a fifth of `bulk_create`. Events get their sequence per charge point there too, with one
statement for the whole transaction.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any

from django.db import models, transaction

from chargepoints import clock
from chargepoints.database import row_changes, statements
from chargepoints.database.statements import Row
from chargepoints.event_types import EventType
from chargepoints.models import Event

logger = logging.getLogger(__name__)


# The key of a unit about many charge points, such as the sweep.
OF_MANY = 0


class ConcurrentChange(Exception):
    """A row differs from its cached values: another process, staff or core has changed it."""


class UnitOfWork:
    def __init__(self, *, alone: bool = False) -> None:
        # True if this unit failed in a batch and runs again by itself: then it may trust only the
        # database, and no cached values.
        self.alone = alone
        self._rows: defaultdict[type[models.Model], list[Row]] = defaultdict(list)
        self._updates: defaultdict[str, list[Row]] = defaultdict(list)
        self._conditional: defaultdict[row_changes.Update, list[Row]] = defaultdict(list)
        self._conditional_keys: set[object] = set()
        # Rows of events without a sequence yet, by charge point.
        self._events: list[tuple[int, Row]] = []
        self._after_commit: list[Callable[[], None]] = []
        self._pending: set[object] = set()

    def append(self, model: type[models.Model], row: Row) -> None:
        """Insert `row` at the end: a value for each column but the id, in their order."""
        self._rows[model].append(row)

    def update(self, sql: str, row: Row) -> None:
        """Run `sql` with these parameters at the end, together with all others of the same text."""
        self._updates[sql].append(row)

    def insert(self, row: models.Model) -> None:
        """Insert a row at once, for its primary key, after the pending updates of other rows."""
        self._write_conditional()
        row_changes.insert(row)

    def update_if_unchanged(self, key: object, update: row_changes.Update, row: Row) -> None:
        """Update a row at the end, if it still has its cached values. Otherwise the transaction is
        rolled back, and each of its units runs again by itself.

        `key` names the row: a second update of the same row is written after the first.
        """
        if key in self._conditional_keys:
            self._write_conditional()
        self._conditional_keys.add(key)
        self._conditional[update].append(row)

    def mark_pending(self, what: object) -> None:
        """Note that `flush` has still to write something about this."""
        self._pending.add(what)

    def is_pending(self, what: object) -> bool:
        """Whether to flush before a query about this."""
        return what in self._pending

    def fetch_one(self, sql: str, parameters: Row) -> tuple[Any, ...] | None:
        """The first row of a query that runs for every message of some kind.

        The ORM takes ten times as long to compile such a query as the database to answer it.
        """
        return statements.fetch_one(sql, parameters)

    def emit(
        self,
        charge_point_id: int,
        type: EventType,
        data: dict[str, Any],
        *,
        occurred_at: datetime | None = None,
        received_at: datetime | None = None,
        time_quality: str = clock.GATEWAY,
        backfill: bool = False,
        deviations: list[str] | None = None,
        ocpp: dict[str, Any] | None = None,
    ) -> None:
        """Write an event for core, in the transaction of the fact itself."""
        received_at = received_at or clock.now()
        row = (
            type,
            occurred_at or received_at,
            received_at,
            time_quality,
            backfill,
            deviations or [],
            data,
            ocpp,
        )
        self._events.append((charge_point_id, row))

    def after_commit(self, callback: Callable[[], None]) -> None:
        self._after_commit.append(callback)

    def flush(self) -> None:
        """Write all that was collected; call it just before the commit. Raises ConcurrentChange."""
        with statements.pipelined():
            sent = self._send_conditional()
            if self._events:
                self._number_events()
            for model, rows in self._rows.items():
                statements.insert(model, rows)
            for sql, rows in self._updates.items():
                statements.execute_many(sql, rows)
        _check(sent)
        self._rows.clear()
        self._updates.clear()
        self._pending.clear()

    def committed(self) -> None:
        """Run the callbacks. One that fails changes nothing: the transaction is committed."""
        # Callbacks refer to messages, and these to this unit: a cycle that would stay in memory.
        callbacks, self._after_commit = self._after_commit, []
        for callback in callbacks:
            try:
                callback()
            except Exception:
                logger.exception("a callback after a commit failed")

    def _write_conditional(self) -> None:
        if not self._conditional:
            return
        with statements.pipelined():
            sent = self._send_conditional()
        _check(sent)

    def _send_conditional(self) -> list[tuple[statements.Sent, int]]:
        """The statements, with the number of rows that each must affect."""
        sent = [(update.send(rows), len(rows)) for update, rows in self._conditional.items()]
        self._conditional.clear()
        self._conditional_keys.clear()
        return sent

    def _number_events(self) -> None:
        counts = Counter(charge_point_id for charge_point_id, _ in self._events)
        following = take_numbers("event_sequence", counts)
        rows = self._rows[Event]
        for charge_point_id, row in self._events:
            sequence = following[charge_point_id]
            following[charge_point_id] = sequence + 1
            rows.append((charge_point_id, sequence, None, *row))
        self._events.clear()


def _check(sent: Iterable[tuple[statements.Sent, int]]) -> None:
    """Raises ConcurrentChange."""
    if any(each.rowcount() != expected for each, expected in sent):
        raise ConcurrentChange


def take_numbers(counter: str, counts: Mapping[int, int]) -> dict[int, int]:
    """Take `counts` numbers of `counter` for each charge point; return the first number of each.

    The rows are locked in the order of their keys, so that two transactions cannot deadlock.
    """
    ordered = sorted(counts.items())
    first: dict[int, int] = {}
    while ordered:
        size = next(size for size in _AT_ONCE if size >= min(len(ordered), _AT_ONCE[-1]))
        now, ordered = ordered[:size], ordered[size:]
        # Padded with a charge point that does not exist.
        pairs = now + [(0, 0)] * (size - len(now))
        taken = statements.fetch_all(_take_text(counter, size), list(chain.from_iterable(pairs)))
        first |= {pk: last - counts[pk] + 1 for pk, last in taken}
    return first


# Few statement texts, so that both databases keep them prepared.
_AT_ONCE = (1, 8, 32, 128)


@cache
def _take_text(counter: str, size: int) -> str:
    # PostgreSQL determines the column types from the first row.
    values = ", ".join(["(CAST(%s AS bigint), CAST(%s AS bigint))"] + ["(%s, %s)"] * (size - 1))
    return (  # contains only column names and placeholders
        f"UPDATE chargepoints_chargepointcounters AS c SET {counter} = c.{counter} + v.column2 "  # noqa: S608
        f"FROM (VALUES {values}) AS v WHERE c.charge_point_id = v.column1 "
        f"RETURNING charge_point_id, {counter}"
    )


def run_units(
    units: Sequence[tuple[object, Callable[[], None]]], *, progress: Callable[[], None]
) -> None:
    """Run units of work, each with its key; those with the same key in their order.

    On PostgreSQL, units with different keys share round trips, and `progress` is called after
    each; a unit OF_MANY runs after all before it, and before all after it. On SQLite, where a
    query is a function call, all run in their order.
    """
    if len(units) == 1 or statements.vendor() == "sqlite":
        for _, unit in units:
            unit()
        return
    groups: defaultdict[object, list[Callable[[], None]]] = defaultdict(list)
    for key, unit in units:
        if key == OF_MANY:
            statements.run_side_by_side(groups.values(), progress=progress)
            groups.clear()
            unit()
        else:
            groups[key].append(unit)
    statements.run_side_by_side(groups.values(), progress=progress)


@contextmanager
def unit_of_work() -> Iterator[UnitOfWork]:
    """A unit of work in its own transaction, for the API, the admin and management commands."""
    with transaction.atomic():
        unit = UnitOfWork()
        yield unit
        unit.flush()
    unit.committed()
