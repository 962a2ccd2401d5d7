"""Tables that PostgreSQL keeps in partitions, each a range of ids without a gap to the next.

The last range has no end, so there is a place for every new id, even if nobody cuts it for years.
There is no DEFAULT partition: PostgreSQL could no longer read the ids in order by reading one
partition after the other.

Each change takes exclusive locks for a few milliseconds. It waits for them for a short time only,
because all chargers wait behind it; then it pauses, and tries again.
"""

import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction

from chargepoints.database import time_limits

logger = logging.getLogger(__name__)

LOCK_WITHIN_MS = 100
# Who holds this one may wait for the first, which we have by then: a deadlock.
NEXT_LOCK_WITHIN_MS = 20
ATTEMPTS = 40
PAUSE_S = 0.25
# PostgreSQL, appendix A: lock not available, deadlock detected.
_BUSY = frozenset({"55P03", "40P01"})

_PARTITIONS = """
SELECT relname, pg_get_expr(relpartbound, pg_class.oid)
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = to_regclass(%s)
"""
_REFERENCED = """
SELECT DISTINCT confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND conrelid = %s::regclass
"""
_BOUNDS = re.compile(r"FOR VALUES FROM \(([^)]*)\) TO \(([^)]*)\)")

Change = Callable[[Any], None]


class _HasRows(Exception):
    """A partition is no longer empty."""


class Partition(NamedTuple):
    """The rows with ids from `begin` to below `end`; None: without a bound."""

    name: str
    begin: int | None
    end: int | None

    def filters(self) -> dict[str, int]:
        """Keyword arguments of a queryset for these rows; PostgreSQL reads no other partition."""
        bounds = {"pk__gte": self.begin, "pk__lt": self.end}
        return {name: bound for name, bound in bounds.items() if bound is not None}


def of(table: str) -> list[Partition]:
    """The partitions of a table, from the first ids to the last; none if it is an ordinary one."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [quoted(table)])
        found = [Partition(name, *_bounds(text)) for name, text in cursor.fetchall()]
    return sorted(found, key=lambda each: -1 if each.begin is None else each.begin)


def _bounds(text: str) -> tuple[int | None, int | None]:
    match = _BOUNDS.fullmatch(text)
    if match is None:
        raise ValueError(f"not a range of ids: {text}")
    begin, end = (bound.strip("'") for bound in match.groups())
    return (
        None if begin == "MINVALUE" else int(begin),
        None if end == "MAXVALUE" else int(end),
    )


def cut(table: str, at: int) -> bool:
    """End the last partition below the id `at`, and add one from there on; False if the table was
    in use all the time. All of its present ids must be below `at`.

    PostgreSQL attaches a partition with an end only if no row is beyond it. So that it need not
    look at all rows under a lock, a CHECK says so, which is validated while chargers write. It
    would refuse a row from `at` on, so `at` must be far ahead.
    """
    last = of(table)[-1]
    if _is_empty(last):
        try:
            return _cut_empty(table, last, at)
        except _HasRows:  # meanwhile
            pass
    check = f"ADD CONSTRAINT {_check(last)} CHECK ({_condition(last, at)}) NOT VALID"
    # One that remained when a process was killed may end elsewhere.
    anew = f"ALTER TABLE {quoted(last.name)} DROP CONSTRAINT IF EXISTS {_check(last)}, {check}"
    if not briefly(last.name, lambda cursor: cursor.execute(anew)):
        return False
    try:
        with time_limits.lifted(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {quoted(last.name)} VALIDATE CONSTRAINT {_check(last)}")
        return _cut_filled(table, last, at)
    finally:
        _drop_check(last)


def _cut_empty(table: str, last: Partition, at: int) -> bool:
    """As `_cut_filled` with a weaker lock on what foreign keys name, so that transactions that have
    begun to write may still commit. Raises _HasRows.
    """

    def change(cursor: Any) -> None:
        if not _is_empty(last):
            raise _HasRows
        cursor.execute(f"DROP TABLE {quoted(last.name)}")
        _create(cursor, table, last.name, last.begin, at)
        _create(cursor, table, name_of(table, at), at, None)

    return briefly(table, change, referenced="SHARE ROW EXCLUSIVE")


def _cut_filled(table: str, last: Partition, at: int) -> bool:
    name, values = quoted(last.name), _values(last.begin, at)

    def change(cursor: Any) -> None:
        cursor.execute(f"ALTER TABLE {quoted(table)} DETACH PARTITION {name}")
        cursor.execute(f"ALTER TABLE {quoted(table)} ATTACH PARTITION {name} {values}")
        _create(cursor, table, name_of(table, at), at, None)

    return briefly(table, change, referenced="ACCESS EXCLUSIVE")


def _create(cursor: Any, table: str, name: str, begin: int | None, end: int | None) -> None:
    values = _values(begin, end)
    cursor.execute(f"CREATE TABLE {quoted(name)} PARTITION OF {quoted(table)} {values}")


def _values(begin: int | None, end: int | None) -> str:
    lowest, highest = ("MINVALUE", "MAXVALUE")
    return (
        f"FOR VALUES FROM ({lowest if begin is None else begin})"
        f" TO ({highest if end is None else end})"
    )


def drop(table: str, partition: Partition, *, before: Callable[[], None]) -> bool:
    """Drop a partition with its rows; False if the table was in use all the time.

    `before` is called in the same transaction, before anything is locked.
    """
    text = f"DROP TABLE {quoted(partition.name)}"
    return briefly(table, lambda cursor: cursor.execute(text), before=before)


def briefly(
    table: str,
    change: Change,
    *,
    referenced: str = "",
    before: Callable[[], None] = lambda: None,
) -> bool:
    """Run `change` in a transaction that has the table to itself; False if that was in use all the
    time.

    `referenced`: the lock that it needs on the tables of the foreign keys, whose triggers change.
    """
    locks = [f"{quoted(table)} IN ACCESS EXCLUSIVE"]
    locks += [f"{name} IN {referenced}" for name in _referenced_by(table) if referenced]
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
            # Some transactions write to the table, and need what it refers to when they commit;
            # others change that first. Neither order suits both.
            locks.reverse()
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                before()
                _lock(cursor, locks)
                change(cursor)
            return True
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _BUSY:
                raise
    logger.warning("%s was in use all the time, and is left as it is", table)
    return False


def _lock(cursor: Any, locks: Sequence[str]) -> None:
    cursor.execute(f"SET LOCAL lock_timeout = {LOCK_WITHIN_MS}")
    for lock in locks:
        cursor.execute(f"LOCK TABLE {lock} MODE")
        cursor.execute(f"SET LOCAL lock_timeout = {NEXT_LOCK_WITHIN_MS}")


def name_of(table: str, begin: int) -> str:
    return f"{table}_from_{begin}"


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _referenced_by(table: str) -> list[str]:
    """The tables that its foreign keys name, quoted where needed."""
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCED, [quoted(table)])
        return sorted(name for (name,) in cursor.fetchall())


def _is_empty(partition: Partition) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {quoted(partition.name)})")  # noqa: S608
        return not cursor.fetchone()[0]


def _check(partition: Partition) -> str:
    return quoted(f"{partition.name}_ends")


def _condition(partition: Partition, at: int) -> str:
    lowest = "" if partition.begin is None else f"id >= {partition.begin}::bigint AND "
    return f"{lowest}id < {at}::bigint"


def _drop_check(partition: Partition) -> None:
    """It is of no more use, and one beside the partition's own bounds costs each insert a bit."""
    without = f"ALTER TABLE {quoted(partition.name)} DROP CONSTRAINT IF EXISTS {_check(partition)}"
    briefly(partition.name, lambda cursor: cursor.execute(without))
