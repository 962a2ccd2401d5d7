"""Availability as CSV: a line for each connector; times in UTC."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from chargepoints.clock import api_time
from chargepoints.models import ChargePoint
from chargepoints.services import csv_tables
from chargepoints.services.availability import months
from chargepoints.services.availability.months import Month, Row

AT_ONCE = 50
OF_SECONDS = ("up", "down", "faulted", "unavailable", "offline")
NOT_COUNTED = ("unknown", "maintenance", "gateway")
COLUMNS = (
    *("charge_point", "external_id", "site", "evse_id", "connector_id"),
    *("month", "begin", "end", "availability"),
    *(f"{name}_s" for name in (*OF_SECONDS, *NOT_COUNTED)),
)


def parts(charge_points: Sequence[int], month: Month, zone: tzinfo, now: datetime) -> Iterator[str]:
    """CSV rows of these charge points, in the order of their keys, some at a time."""
    yield csv_tables.lines([COLUMNS])
    for start in range(0, len(charge_points), AT_ONCE):
        chosen = charge_points[start : start + AT_ONCE]
        known = ChargePoint.objects.in_bulk(chosen)
        rows = [known[pk] for pk in chosen if pk in known]
        if text := csv_tables.lines(_cells(row) for row in months.of(rows, [month], zone, now)):
            yield text


def rounded(share: float | None) -> float | None:
    """Rounded to a thousandth of a percent, which is less than half a minute of a month."""
    return None if share is None else round(share, 5)


def _cells(row: Row) -> list[object]:
    owner, seconds = row.charge_point, row.seconds
    share = rounded(seconds.availability)
    return [
        *(owner.identity, owner.external_id, owner.site, row.evse_id, row.connector_id),
        *(row.month, api_time(row.begin), api_time(row.end)),
        "" if share is None else share,
        *(getattr(seconds, name) for name in (*OF_SECONDS, *NOT_COUNTED)),
    ]
