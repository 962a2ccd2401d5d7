"""The storage that each class of history needs now, and with its present retention.

It is measured in limited time: rows per day from the keys used in the last week, bytes per row
from PostgreSQL's statistics, or else from the latest rows only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import Max, Min, Model

from chargepoints.database import partitions
from chargepoints.models import (
    Command,
    Connection,
    Event,
    FleetSample,
    HandshakeRefusal,
    Message,
    MeterValue,
    MonitoringEvent,
    SecurityEvent,
    ServerRun,
    StatusChange,
    TokenDecision,
    Transaction,
    TransactionEvent,
)
from chargepoints.services.history.old_partitions import days_longer
from chargepoints.services.history.time_bounds import first_id_since

WEEK = timedelta(days=7)
YEAR_DAYS = 365
SAMPLED = 500
PRECISE_TO = 0.02
# With fewer rows, PostgreSQL's statistics are imprecise.
MANY = 1000
# Bytes of a row besides its values: header, key, unused space of the page.
OVERHEAD = 16

# Models whose keys do not follow the time, or whose rows count several occurrences.
RANDOM_KEYS: frozenset[type[Model]] = frozenset({Command, HandshakeRefusal})

# Of a table, or of all its partitions. Below 0: no statistics yet, because there are few rows.
_POSTGRESQL = """
SELECT sum(greatest(reltuples, 0)), sum(pg_total_relation_size(oid))
FROM pg_class WHERE relkind = 'r' AND (
    oid = %(table)s::regclass
    OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s::regclass)
)
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of history, kept for `days` (0: for ever); `variable` is its setting.

    `longer`: how many more days a row may wait for the others of its partition.
    """

    model: type[Model]
    time: str
    days: int = 0
    variable: str = ""
    longer: int = 0

    @property
    def days_at_most(self) -> int:
        return self.days + self.longer

    def __str__(self) -> str:
        return str(self.model._meta.verbose_name_plural)


@dataclass(frozen=True, slots=True)
class Forecast:
    """`rows` and `size` are the present; `rows_then` and `size_then` are at full retention, or in a
    year if it is kept for ever.
    """

    kind: Kind
    rows: int
    rows_a_day: float
    bytes_a_row: float
    size: int

    @property
    def rows_then(self) -> int:
        if self.kind.days:
            return round(self.rows_a_day * self.kind.days_at_most)
        return self.rows + round(self.rows_a_day * YEAR_DAYS)

    @property
    def size_then(self) -> int:
        return round(self.rows_then * self.bytes_a_row)


def kinds() -> list[Kind]:
    days = settings.KEEP_HISTORY_DAYS
    of_history: tuple[tuple[type[Model], str], ...] = (
        (StatusChange, "received_at"),
        (Connection, "opened_at"),
        (SecurityEvent, "received_at"),
        (MonitoringEvent, "received_at"),
        (HandshakeRefusal, "first_at"),
        (TokenDecision, "asked_at"),
        (FleetSample, "at"),
        (ServerRun, "began_at"),
    )
    values, messages = settings.KEEP_METER_VALUES_DAYS, settings.KEEP_MESSAGES_DAYS
    longer = days_longer(messages) if partitions.of(Message._meta.db_table) else 0
    return [
        Kind(Message, "started_at", messages, "KEEP_MESSAGES_DAYS", longer),
        Kind(Event, "received_at", settings.KEEP_EVENTS_DAYS, "KEEP_EVENTS_DAYS"),
        Kind(MeterValue, "received_at", values, "KEEP_METER_VALUES_DAYS"),
        *(Kind(model, time, days, "KEEP_HISTORY_DAYS") for model, time in of_history),
        Kind(Transaction, "started_received_at"),
        Kind(TransactionEvent, "received_at"),
        Kind(Command, "created_at"),
        Kind(LogEntry, "action_time"),
    ]


def forecasts(now: datetime) -> Iterator[Forecast]:
    for kind in kinds():
        rows, size = _rows_and_size(kind)
        if rows >= MANY or size == 0:
            bytes_a_row = size / rows if rows else 0.0
        else:
            # The size of a small table is mostly empty pages.
            bytes_a_row = _bytes_of_latest(kind)
        yield Forecast(kind, rows, rows_a_day(kind, now, known=rows), bytes_a_row, size)


def rows_a_day(kind: Kind, now: datetime, *, known: int) -> float:
    """Rows a day over the last week, or over a shorter past; at most the rows that exist."""
    rows = kind.model._default_manager.order_by("pk")
    since = now - WEEK
    if kind.model in RANDOM_KEYS:
        # These tables are small, or have an index on the time.
        oldest = rows.aggregate(oldest=Min(kind.time))["oldest"]
        count = rows.filter(**{f"{kind.time}__gte": since}).count()
    else:
        oldest = rows.values_list(kind.time, flat=True).first()
        count = _since(kind, since)
    count = min(count, known)
    if oldest is None or not count:
        return 0.0
    # Less than an hour is too short to estimate a day.
    lasted = max(now - max(oldest, since), timedelta(hours=1))
    days: float = lasted / timedelta(days=1)
    return float(count) / days


def _since(kind: Kind, moment: datetime) -> int:
    """Estimated from used keys; the keys of sockets are times (`new_epoch`), so it counts them."""
    rows = kind.model._default_manager.order_by()
    if kind.model is Connection:
        return rows.filter(pk__gte=int(moment.timestamp() * 1_000_000) << 10).count()
    newest = rows.aggregate(newest=Max("pk"))["newest"]
    if newest is None:
        return 0
    first = first_id_since(kind.model, kind.time, moment, precise_to=PRECISE_TO)
    return int(newest) + 1 - first


def _rows_and_size(kind: Kind) -> tuple[int, int]:
    rows = kind.model._default_manager
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_POSTGRESQL, {"table": f'"{kind.model._meta.db_table}"'})
            estimated, size = cursor.fetchone()
        return (round(estimated) if estimated >= MANY else rows.count()), int(size)
    count = _counted(kind)
    return count, round(count * _bytes_of_latest(kind))


def _counted(kind: Kind) -> int:
    """Estimated from the range of keys if there are many: pruning deletes the first ones."""
    rows = kind.model._default_manager.order_by()
    if kind.model in RANDOM_KEYS or kind.model is Connection:
        return rows.count()
    keys = rows.aggregate(first=Min("pk"), last=Max("pk"))
    return 0 if keys["first"] is None else int(keys["last"]) - int(keys["first"]) + 1


def _bytes_of_latest(kind: Kind) -> float:
    """The size of the values of a row, without its indexes."""
    rows = kind.model._default_manager.order_by("-pk")
    values = list(rows.values_list()[:SAMPLED])
    size = sum(len(str(value).encode()) for row in values for value in row)
    return OVERHEAD + size / len(values) if values else 0.0
