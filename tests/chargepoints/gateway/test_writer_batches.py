"""What units of one batch may rely on, on both databases: the order of some, and their queries."""

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.utils import timezone

from chargepoints.database import statements
from chargepoints.database.unit_of_work import OF_MANY, UnitOfWork
from chargepoints.gateway import admission, sweep
from chargepoints.gateway import writer as writers
from chargepoints.gateway.handshake import Request
from chargepoints.gateway.writer import Writer
from chargepoints.models import ChargePoint, Connection, Event, ServerProcess
from chargepoints.protocol.station import Station
from chargepoints.services.stations import registry
from tests.core_link.delivery.delivering import charge_points

pytestmark = pytest.mark.django_db(transaction=True)

Unit = tuple[int, Callable[[UnitOfWork], Any]]


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    sweep._last.clear()
    yield ServerProcess.objects.create(
        id=uuid.uuid4(), host="here", pid=1, heartbeat_at=timezone.now()
    )
    sweep._last.clear()


async def in_one_batch(writer: Writer, *units: Unit) -> list[Any]:
    hold = threading.Event()
    first = writer.run(99, lambda unit: hold.wait(10))
    await asyncio.sleep(0.05)  # so that the writer has begun with it
    waiting = [writer.run(key, work) for key, work in units]
    hold.set()
    await first
    return await asyncio.gather(*waiting)


@sync_to_async
def away(row: ChargePoint) -> None:
    """Offline for so long that the sweep is about to report it."""
    ChargePoint.objects.filter(pk=row.pk).update(
        security_profile=0,
        reported_online=True,
        last_seen_at=timezone.now() - timedelta(seconds=120),
    )


def handshake(row: ChargePoint, server: ServerProcess) -> Unit:
    path = f"/ocpp/{row.identity}"
    request = Request(row.identity, path, ("ocpp1.6",), None, "192.0.2.1", ())
    process = admission.ThisProcess(server.pk, lambda pk: False)
    return hash(row.identity.lower()), lambda unit: admission.admit(unit, request, process)


def one_sweep(server: ServerProcess) -> Unit:
    return OF_MANY, partial(sweep.sweep, sockets=sweep.OpenSockets(server, {}))


@pytest.mark.parametrize("sweep_first", [True, False], ids=["sweep first", "handshake first"])
async def test_a_charger_that_returns_beside_the_sweep_is_not_left_offline(
    writer: Writer, server: ServerProcess, sweep_first: bool
) -> None:
    [row] = await sync_to_async(charge_points)(1)
    await away(row)
    units = [one_sweep(server), handshake(row, server)]
    await in_one_batch(writer, *(units if sweep_first else reversed(units)))
    told = [each.type async for each in Event.objects.order_by("sequence")]
    expected = ["charge_point.offline", "charge_point.online"] if sweep_first else []
    assert told == expected
    await row.arefresh_from_db()
    assert row.reported_online
    assert row.connection_id is not None


async def test_closes_before_the_sweep_keep_their_reason(
    writer: Writer, server: ServerProcess
) -> None:
    rows = await sync_to_async(charge_points)(3)
    long_ago = timezone.now() - timedelta(minutes=10)
    units: list[Unit] = []
    for number, row in enumerate(rows):
        opened = await Connection.objects.acreate(
            id=100 + number,
            charge_point=row,
            server=server,
            protocol="ocpp1.6",
            path="/",
            opened_at=long_ago,
        )
        await ChargePoint.objects.filter(pk=row.pk).aupdate(connection=opened, reported_online=True)
        station = Station(row.pk, row.identity, connection_id=opened.pk)
        units.append((row.pk, partial(close, station)))
    await in_one_batch(writer, *units, one_sweep(server))
    ends = [(each.close_code, each.close_reason) async for each in Connection.objects.all()]
    assert ends == [(1000, "going away")] * 3


def close(station: Station, unit: UnitOfWork) -> None:
    admission.close(station, 1000, "going away")


@pytest.mark.services
async def test_a_migration_of_a_column_stops_no_unit(writer: Writer) -> None:
    """docs/connect.md: `migrate` may run while the old version serves."""
    await sync_to_async(charge_points)(1)
    found = []
    for times in range(4):
        found.append(await writer.run(1, lambda unit: registry.find("CP-1")))
        if times == 1:
            await alter_name(255)
    await alter_name(100)
    assert [row.identity for row in found if row] == ["CP-1"] * 4


@sync_to_async
def alter_name(length: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE chargepoints_chargepoint ALTER name TYPE varchar({length})")
    connection.close()


@pytest.mark.services
@pytest.mark.slow
async def test_many_slow_queries_are_no_database_that_hangs(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "STALLED_AFTER_S", 3)

    def slow(unit: UnitOfWork) -> None:
        statements.fetch_one("SELECT 1 FROM pg_sleep(0.08)", ())

    waiting = asyncio.gather(in_one_batch(writer, *((number, slow) for number in range(1, 81))))
    until = time.monotonic() + 6
    while time.monotonic() < until and not waiting.done():
        await asyncio.sleep(writers.WATCH_EVERY_S)
        writer.watch()
        assert writer.healthy
    await waiting
