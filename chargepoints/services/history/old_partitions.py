"""Drops partitions of history that are old as a whole: at once, and without dead rows.

So rows may stay a bit longer than asked for: until the last of their partition is old enough.
Those of partitions that cannot be dropped then are deleted row by row (`retention`).
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet

from chargepoints.database import partitions, time_limits
from chargepoints.database.partitions import Partition

MOST_DAYS_LONGER = 30

Rows = QuerySet[Any]


def days_longer(days: int) -> int:
    """How many days longer than `days` a row may wait for the rest of its partition."""
    return min(days // 10, MOST_DAYS_LONGER)


def drop_old(rows: Rows, time: str, oldest: datetime, going: Callable[[Rows], None] | None) -> int:
    """Drop each partition that has only `rows` with a `time` before `oldest`; returns how many rows
    they had. `going` is called with them, in the same transaction.
    """
    model, table, dropped = rows.model, rows.model._meta.db_table, 0
    for partition in partitions.of(table):
        if not _is_past(rows, partition, time, oldest):
            break
        inside: Rows = model._default_manager.filter(**partition.filters()).order_by()
        old = rows.filter(**partition.filters(), **{f"{time}__lt": oldest}).order_by()
        before = partial(going, inside) if going else _nothing
        with time_limits.lifted():
            count = inside.count()
            if count == old.count() and partitions.drop(table, partition, before=before):
                dropped += count
    return dropped


def _is_past(rows: Rows, partition: Partition, time: str, oldest: datetime) -> bool:
    """Whether no transaction can still write to it: a row with a later id is old already."""
    if partition.end is None:
        return False
    behind = rows.model._default_manager.filter(pk__gte=partition.end).order_by("pk")
    at = behind.values_list(time, flat=True).first()
    return at is not None and at < oldest


def _nothing() -> None:
    pass
