"""Whole lists as CSV, streamed in parts, so they may have any length."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import F, Model, Q, QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from chargepoints.api.csv_streams import AnyAccept, stream_csv
from chargepoints.api.meter_values import MeterValues
from chargepoints.api.transactions import Transactions
from chargepoints.clock import api_time
from chargepoints.models import MeterValue, Transaction

ROWS_AT_ONCE = 1000

Column = Callable[[Any], Any]


def _plain(*names: str) -> dict[str, Column]:
    return {name: lambda row, name=name: getattr(row, name) for name in names}  # type: ignore[misc]


def _times(*names: str) -> dict[str, Column]:
    return {
        name: lambda row, name=name: api_time(getattr(row, name))  # type: ignore[misc]
        for name in names
    }


# Columns of the charge point in each row.
_WHOSE = {"charge_point_identity": "identity", "external_id": "external_id", "site": "site"}
_CHARGE_POINT = {
    "charge_point": lambda row: row.charge_point_identity,
    **_plain("external_id", "site"),
}
TRANSACTION_COLUMNS: dict[str, Column] = {
    **_plain("id"),
    **_CHARGE_POINT,
    **_plain("transaction_id", "evse_id", "connector_id"),
    "id_token": lambda row: row.token,
    **_plain("id_token_type", "group_id_token", "authorization_status", "decided_by"),
    **_times("started_at", "ended_at"),
    **_plain("time_quality", "energy_wh", "meter_start_wh", "meter_stop_wh", "meter_stop_source"),
    **_plain("total_cost", "stop_reason", "vehicle_id", "vehicle_type", "reservation_id"),
    **_plain("offline", "orphan", "superseded", "closed_by"),
    "deviations": lambda row: " ".join(row.deviations),
}
METER_VALUE_COLUMNS: dict[str, Column] = {
    **_plain("id"),
    **_CHARGE_POINT,
    "transaction": lambda row: row.transaction_id,
    **_plain("evse_id"),
    **_times("sampled_at", "received_at"),
    **_plain("energy_wh", "power_w", "current_a", "voltage_v", "soc_percent", "conflict"),
}


class TransactionsCsv(Transactions):
    http_method_names = ["get"]
    content_negotiation_class = AnyAccept
    pages = Transactions.pagination_class
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(
        operation_id="transactions_export",
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "A line for each.")},
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """All transactions that match the filters, as CSV, in the order of the list."""
        rows = self.filter_queryset(Transaction.objects.all())
        order = self.pages().get_ordering(request, rows, self)
        return _stream(request, "transactions", TRANSACTION_COLUMNS, rows, order)


class MeterValuesCsv(MeterValues):
    http_method_names = ["get"]
    content_negotiation_class = AnyAccept
    pages = MeterValues.pagination_class
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(
        operation_id="meter_values_export",
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "A line for each.")},
    )
    def export(self, request: Request) -> StreamingHttpResponse:
        """All meter values that match the filters, as CSV, in the order of the list."""
        rows = self.filter_queryset(MeterValue.objects.defer("samples"))
        order = self.pages().get_ordering(request, rows, self)
        return _stream(request, "meter-values", METER_VALUE_COLUMNS, rows, order)


def _stream(
    request: Request,
    name: str,
    columns: dict[str, Column],
    rows: QuerySet[Any],
    order: Sequence[str],
) -> StreamingHttpResponse:
    whose = {alias: F(f"charge_point__{field}") for alias, field in _WHOSE.items()}
    parts = _parts(columns, rows.order_by(*order).annotate(**whose), order)
    return stream_csv(request._request, name, parts)


def _parts(columns: dict[str, Column], rows: QuerySet[Any], order: Sequence[str]) -> Iterator[str]:
    """Parts of a list; each part needs one query for the rows after the previous part."""
    yield _lines([list(columns)])
    chunk = list(rows[:ROWS_AT_ONCE])
    while chunk:
        yield _lines([[read(row) for read in columns.values()] for row in chunk])
        if len(chunk) < ROWS_AT_ONCE:
            return
        chunk = list(rows.filter(_behind(chunk[-1], order))[:ROWS_AT_ONCE])


def _behind(last: Model, order: Sequence[str]) -> Q:
    """Rows after this one, in a descending order that ends with the id."""
    *first, _ = (name.removeprefix("-") for name in order)
    behind = Q(pk__lt=last.pk)
    for name in first:
        value = getattr(last, name)
        # The separate bound lets the database use an index.
        behind = Q(**{f"{name}__lte": value}) & (Q(**{f"{name}__lt": value}) | behind)
    return behind


def _lines(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
