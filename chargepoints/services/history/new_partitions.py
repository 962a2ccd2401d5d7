"""Keeps an empty partition of history ahead of the ids that are written now.

If nobody does, the last one grows: it has no end. Then it is cut ahead of its ids the next time.
"""

from datetime import datetime

from django.db.models import Max

from chargepoints.database import partitions, planner_statistics
from chargepoints.services.history.forecast import Kind, kinds, rows_a_day
from chargepoints.services.history.old_partitions import days_longer

# Fewer are deleted row by row in a moment; and many partitions make each query slower.
LEAST_ROWS = 100_000
MONTH_DAYS = 30
# Two runs of `prune`, as one may fail.
AHEAD_DAYS = 2


def keep_ahead(now: datetime) -> None:
    """Cut the last partition of each partitioned history before rows reach it."""
    for kind in kinds():
        if partitions.of(kind.model._meta.db_table):
            _keep_ahead(kind, now)


def _keep_ahead(kind: Kind, now: datetime) -> None:
    model, table = kind.model, kind.model._meta.db_table
    newest = model._default_manager.aggregate(newest=Max("pk"))["newest"]
    if newest is None:
        return
    rate = rows_a_day(kind, now, known=newest)
    begin = partitions.of(table)[-1].begin or 0
    if newest + AHEAD_DAYS * rate < begin:
        return
    rows = max(LEAST_ROWS, round(rate * _days(kind)))
    if partitions.cut(table, at=max(newest, begin) + rows):
        planner_statistics.renew_all_of(table)


def _days(kind: Kind) -> float:
    """Short enough that all rows of a partition may wait for its last one, even if it takes a
    third longer to fill, or is dropped a day late.
    """
    if not kind.days:
        return MONTH_DAYS
    return max(1.0, 0.75 * (days_longer(kind.days) - 1))
