"""A fleet with a year of history in PostgreSQL, written by the database itself in a few minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

from chargepoints.models import (
    ChargePoint,
    ChargePointCounters,
    Connection,
    Connector,
    Event,
    Evse,
    Message,
    MeterValue,
    StatusChange,
    Transaction,
    Variable,
)


@dataclass(frozen=True)
class Fleet:
    charge_points: int = 10_000
    transactions: int = 300_000
    messages: int = 2_000_000
    meter_values: int = 3_000_000
    events: int = 1_000_000
    statuses: int = 600_000
    connections: int = 300_000
    variables: int = 1_000_000


class Sql(str):
    """An expression of SQL for a column; `i` is the number of the row, from 1 on."""


def seed(fleet: Fleet) -> None:
    """Write `fleet` into an empty database, the newest rows last, and bring its statistics up."""
    of_charge_point = Sql(f"1 + i % {fleet.charge_points}")
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET session_replication_role = replica")  # no look at each foreign key
    _charge_points(fleet.charge_points)
    for write in (_transactions, _meters, _reports, _connections, _messages, _events):
        write(fleet, of_charge_point)
    numbered = [ChargePoint, Evse, Connector, Transaction]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), numbered):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def _charge_points(count: int) -> None:
    _insert(
        ChargePoint,
        count,
        id=Sql("i"),
        identity=Sql("'DEPOT-' || lpad(i::text, 5, '0')"),
        site=Sql("'Site ' || i % 100"),
        vendor=Sql("'Vendor ' || i % 7"),
        model=Sql("'Model ' || i % 20"),
        serial_number=Sql("'SN' || i"),
        firmware_version=Sql("'1.' || i % 9"),
        protocol=Sql("(ARRAY['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'])[1 + i % 3]"),
        status="Available",
        last_seen_at=Sql("now()"),
    )
    _insert(ChargePointCounters, count, charge_point_id=Sql("i"), event_sequence=1_000_000)
    _insert(Evse, count, id=Sql("i"), charge_point_id=Sql("i"), evse_id=1)
    _insert(Connector, count, id=Sql("i"), evse_id=Sql("i"), connector_id=1, status="available")


def _transactions(fleet: Fleet, of_charge_point: Sql) -> None:
    begun = _moment(fleet.transactions)
    _insert(
        Transaction,
        fleet.transactions,
        id=Sql("i"),
        charge_point_id=of_charge_point,
        transaction_id=Sql("'TX-' || i"),
        evse_id=1,
        connector_id=1,
        id_token=Sql("'TOKEN' || i % 20000"),
        started_at=begun,
        started_received_at=begun,
        ended_at=Sql(f"CASE WHEN i % 100 > 0 THEN {begun} + interval '5 hours' END"),
        ended_received_at=Sql(f"CASE WHEN i % 100 > 0 THEN {begun} + interval '5 hours' END"),
        meter_start_wh=1000,
        meter_stop_wh=Sql("CASE WHEN i % 100 > 0 THEN 51000 END"),
        meter_latest_wh=51000,
        stop_reason=Sql("CASE WHEN i % 100 > 0 THEN 'Local' ELSE '' END"),
    )


def _meters(fleet: Fleet, of_charge_point: Sql) -> None:
    at = _moment(fleet.meter_values)
    _insert(
        MeterValue,
        fleet.meter_values,
        charge_point_id=of_charge_point,
        transaction_id=Sql(f"1 + i % {fleet.transactions}"),
        evse_id=1,
        sampled_at=at,
        received_at=at,
        key=Sql("i"),
        energy_wh=Sql("i"),
        power_w=22000,
        samples=[{"value": "22000", "measurand": "Power.Active.Import"}],
    )


def _reports(fleet: Fleet, of_charge_point: Sql) -> None:
    at = _moment(fleet.statuses)
    _insert(
        StatusChange,
        fleet.statuses,
        charge_point_id=of_charge_point,
        evse_id=1,
        connector_id=1,
        status=Sql("(ARRAY['available', 'occupied', 'faulted'])[1 + i % 3]"),
        ocpp_status="Available",
        reported_at=at,
        received_at=at,
    )
    _insert(
        Variable,
        fleet.variables,
        charge_point_id=of_charge_point,
        component="OCPPCommCtrlr",
        name=Sql(f"'Variable' || i / {fleet.charge_points}"),
        reported=Sql("i::text"),
    )


def _connections(fleet: Fleet, of_charge_point: Sql) -> None:
    at = _moment(fleet.connections)
    _insert(
        Connection,
        fleet.connections,
        id=Sql("i"),
        charge_point_id=of_charge_point,
        protocol="ocpp1.6",
        remote_address="192.0.2.1",
        opened_at=at,
        closed_at=Sql(f"{at} + interval '1 hour'"),
        close_code=1006,
    )


def _messages(fleet: Fleet, of_charge_point: Sql) -> None:
    _insert(
        Message,
        fleet.messages,
        charge_point_id=of_charge_point,
        connection_id=Sql(f"1 + i % {fleet.connections}"),
        direction="in",
        action=Sql("(ARRAY['Heartbeat', 'MeterValues', 'StatusNotification'])[1 + i % 3]"),
        message_id=Sql("md5(i::text)"),
        request=Sql("'[2,\"' || md5(i::text) || '\",\"Heartbeat\",{}]'"),
        reply=Sql("'[3,\"' || md5(i::text) || '\",{}]'"),
        outcome=Sql("CASE WHEN i % 500 > 0 THEN 'result' ELSE 'error' END"),
        started_at=_moment(fleet.messages),
        duration_ms=4.0,
    )


def _events(fleet: Fleet, of_charge_point: Sql) -> None:
    at = _moment(fleet.events)
    _insert(
        Event,
        fleet.events,
        charge_point_id=of_charge_point,
        sequence=Sql("i"),
        position=Sql("i"),
        type=Sql("(ARRAY['connector.status', 'transaction.updated'])[1 + i % 2]"),
        occurred_at=at,
        received_at=at,
        data={"evse_id": 1},
    )


def _moment(count: int) -> Sql:
    """Spread over the year that ends now."""
    return Sql(f"now() - interval '1 year' * ({count} - i) / {count}")


def _insert(of: type[models.Model], count: int, /, **values: object) -> None:
    """Rows 1 to `count`; a column that `values` does not name has the default of its field."""
    columns, expressions, parameters = [], [], []
    for field in of._meta.concrete_fields:
        name = field.attname
        if name not in values and (field.primary_key and field.name == "id"):
            continue  # the database numbers them
        columns.append(connection.ops.quote_name(str(field.column)))
        value = values.get(name, _default(field))
        if isinstance(value, Sql):
            expressions.append(str(value).replace("%", "%%"))
        else:
            expressions.append("%s")
            parameters.append(field.get_db_prep_save(value, connection))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {connection.ops.quote_name(of._meta.db_table)}"
            f" ({', '.join(columns)}) SELECT {', '.join(expressions)}"
            f" FROM generate_series(1, {count}) AS i",
            parameters,
        )


def _default(field: models.Field[Any, Any]) -> object:
    if getattr(field, "auto_now_add", False):
        return Sql("now()")
    return field.get_default()
