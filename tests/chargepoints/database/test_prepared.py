"""Queries that are composed once give what the ORM gives for the same queryset."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import (
    ChargePoint,
    ChargingProfile,
    Command,
    Connection,
    Connector,
    Credential,
    DisplayMessage,
    Event,
    EventFeed,
    Evse,
    FirmwareFile,
    FirmwareUpdate,
    IdToken,
    Monitor,
    Reservation,
    SeenTls,
    ServerProcess,
    Transaction,
    TransactionEvent,
    Upload,
    Variable,
)
from core_link.models import Delivery, Endpoint, Lane
from tests.core_link.delivery.delivering import charge_points

pytestmark = pytest.mark.django_db

PACKAGES = (
    *("chargepoints.protocol", "chargepoints.services", "chargepoints.gateway"),
    *("core_link", "ocpp_v16", "ocpp_v201"),
)
AT = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=UTC)


def prepared() -> Iterator[tuple[str, PreparedQuery[Any]]]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        found = pkgutil.walk_packages(package.__path__, f"{name}.")
        for module in [importlib.import_module(each.name) for each in found]:
            for variable, value in vars(module).items():
                if isinstance(value, PreparedQuery):
                    yield f"{module.__name__}.{variable}", value


QUERIES = dict(prepared())
# The table of the feed has one row.
SMALL_TABLES = {"core_link.delivery.claims._NEWS"}


@pytest.fixture
def charge_point() -> ChargePoint:
    return charge_points(1)[0]


@pytest.fixture
def values(charge_point: ChargePoint) -> dict[str, Any]:
    """A value for each parameter by its name; every query finds something with them."""
    return {
        "identity": charge_point.identity,
        "lowered": charge_point.identity.lower(),
        "charge_point_id": charge_point.pk,
        "endpoint_id": told(charge_point),
        "event_id": Event.objects.get(charge_point=charge_point).pk,
        "position": 4,
        "file_id": filed(charge_point),
        "kind": "diagnostics",
        "monitor_number": 3,
        "name": "Power",
        "instance": "",
        "source": "ems",
        "profile_id": 2,
        "reservation_id": 1,
        "request_id": 5,
        "server_id": ServerProcess.objects.create(host="here", pid=1).pk,
        "connection_id": connected(charge_point),
        "command_id": commanded(charge_point),
        "transaction_id": "T1",
        "transaction_pk": charged(charge_point),
        "evse_id": 1,
        "connector_id": reported(charge_point),
        "component": "EVSE",
        "seq_no": 3,
        "digest": "digest",
        "key": "key",
        "at": AT,
        "now": AT,
        "token": "abc",
        "effect_key": "start:1",
        "other_key": "start:2",
    }


def connected(charge_point: ChargePoint) -> int:
    Credential.for_key(charge_point, b"key").save()
    SeenTls.objects.create(charge_point=charge_point, at=AT)
    connection = Connection.objects.create(
        id=7, charge_point=charge_point, protocol="ocpp1.6", remote_address="", path="/"
    )
    ChargePoint.objects.filter(pk=charge_point.pk).update(connection=connection)
    return connection.pk


def filed(charge_point: ChargePoint) -> int:
    """A firmware, its update that runs, and diagnostics that are to come."""
    firmware = FirmwareFile.objects.create(name="1.1")
    FirmwareUpdate.objects.create(charge_point=charge_point, firmware=firmware, request_id=5)
    Upload.objects.create(
        charge_point=charge_point, kind="diagnostics", request_id=5, expires_at=AT
    )
    return firmware.pk


def commanded(charge_point: ChargePoint) -> UUID:
    ChargingProfile.objects.create(
        charge_point=charge_point,
        profile_id=1,
        evse_id=1,
        purpose=ChargingProfile.Purpose.TRANSACTION,
        stack_level=0,
        profile={"id": 1},
        installed_at=AT,
    )
    ChargingProfile.objects.create(
        charge_point=charge_point,
        profile_id=2,
        purpose=ChargingProfile.Purpose.EXTERNAL,
        source="ems",
        stack_level=0,
        profile={"id": 2},
        installed_at=AT,
    )
    DisplayMessage.objects.create(
        charge_point=charge_point, number=1, transaction_id="T1", read_at=AT
    )
    Reservation.objects.create(
        charge_point=charge_point,
        reservation_id=1,
        id_token="ABC",
        state=Reservation.State.ACTIVE,
        expires_at=AT,
    )
    Command.objects.create(
        charge_point=charge_point,
        type="start",
        state=Command.State.SENT,
        expires_at=AT,
        sent_at=AT,
    )
    command = Command.objects.create(
        charge_point=charge_point,
        type="clear_cache",
        effect_key="start:2",
        expires_at=AT + timedelta(days=1),
    )
    return command.pk


def reported(charge_point: ChargePoint) -> int:
    most = {"unit": "kW", "maxLimit": 22}
    told = {"component": "EVSE", "name": "Power", "characteristics": most}
    Variable.objects.create(charge_point=charge_point, evse_id=1, **told)
    Variable.objects.create(charge_point=charge_point, evse_id=0, reported="22", **told)
    Monitor.objects.create(
        charge_point=charge_point, number=3, type="Delta", value=1, severity=9, read_at=AT
    )
    evse = Evse.objects.create(charge_point=charge_point, evse_id=1)
    return Connector.objects.create(evse=evse, status_at=AT).connector_id


def charged(charge_point: ChargePoint) -> int:
    IdToken.objects.create(value="ABC")
    started = Transaction.objects.create(
        charge_point=charge_point,
        transaction_id="T1",
        evse_id=1,
        started_at=AT,
        start_key="key",
        start_answer={"idTagInfo": {"status": "Accepted"}},
        meter_start_wh=1.5,
        id_token="aBc",
        authorization_status="accepted",
        offline=True,
    )
    Transaction.objects.create(charge_point=charge_point, transaction_id="T2")
    Transaction.objects.create(
        charge_point=charge_point, transaction_id="T3", orphan=True, ended_at=AT, id_token="AbC"
    )
    TransactionEvent.objects.create(
        transaction=started,
        seq_no=3,
        event_type="Updated",
        trigger_reason="Authorized",
        occurred_at=AT,
        received_at=timezone.now(),
        digest="digest",
        answer={"totalCost": 1.25},
    )
    return started.pk


def told(charge_point: ChargePoint) -> int:
    """To an endpoint, of which a delivery is due, and a lane waits."""
    Event.objects.create(
        charge_point=charge_point,
        sequence=1,
        type="charge_point.online",
        occurred_at=AT,
        received_at=AT,
        data={},
    )
    EventFeed.objects.update_or_create(pk=1, defaults={"last_position": 5})
    endpoint = Endpoint.objects.create(name="core", url="https://core.example/events")
    Delivery.objects.create(endpoint=endpoint, event_ids=[], event_count=0, next_attempt_at=AT)
    Lane.objects.create(
        endpoint=endpoint, charge_point=charge_point, delivered_through=0, pending_through=1
    )
    return endpoint.pk


def columns(row: Any) -> Any:
    if isinstance(row, tuple):
        return row
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


@pytest.mark.parametrize("name", QUERIES)
def test_a_prepared_query_finds_what_the_orm_finds(name: str, values: dict[str, Any]) -> None:
    query = QUERIES[name]
    given = [values[parameter] for parameter in inspect.signature(query.compose).parameters]
    with transaction.atomic():
        expected = [columns(row) for row in query.compose(*given)]
        for _ in range(3):  # PostgreSQL prepares the statement on its way
            assert [columns(row) for row in query.all(*given)] == expected
        first = query.first(*given)
        assert query.exists(*given)
    assert expected and columns(first) == expected[0]


@pytest.mark.parametrize("name", sorted(QUERIES.keys() - SMALL_TABLES))
def test_a_prepared_query_looks_up_its_rows_by_an_index(name: str, values: dict[str, Any]) -> None:
    """A table of history is never read as a whole, nor is the index of one."""
    query = QUERIES[name]
    given = [values[parameter] for parameter in inspect.signature(query.compose).parameters]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = query.compose(*given).explain()
    assert not re.search(r"\bSCAN \w+( |$)(?!USING \w* ?INDEX)|Seq Scan", plan, re.M), plan


def test_a_prepared_query_is_found_at_all() -> None:
    assert len(QUERIES) > 5


def test_a_row_of_a_prepared_query_is_saved_as_one_of_the_orm(charge_point: ChargePoint) -> None:
    query = PreparedQuery(lambda identity: ChargePoint.objects.filter(identity=identity))
    row = query.first(charge_point.identity)
    assert row is not None
    row.name = "Yard"
    row.save()
    assert ChargePoint.objects.get(pk=charge_point.pk).name == "Yard"


def test_what_is_not_there_is_none(charge_point: ChargePoint) -> None:
    query = PreparedQuery(lambda identity: ChargePoint.objects.filter(identity=identity))
    assert query.first("nobody") is None
    assert query.all("nobody") == [] and not query.exists("nobody")
