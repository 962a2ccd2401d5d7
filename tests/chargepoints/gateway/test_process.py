"""The tasks of one server process beside a whole fleet that came back without a boot."""

import asyncio
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio

from chargepoints import nudges
from chargepoints.gateway import process, sweep
from chargepoints.gateway.process import BOOTS_ASKED_AT_ONCE, Gateway
from chargepoints.models import ChargePoint, Connection, ServerProcess
from chargepoints.protocol.station import Station
from tests.core_link.delivery.delivering import charge_points
from tests.operated import eventually

pytestmark = pytest.mark.django_db(transaction=True)

SILENT_SINCE = -1e9


@pytest_asyncio.fixture
async def gateway(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> AsyncIterator[Gateway]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    monkeypatch.setattr(process, "SWEEP_EVERY_S", 0.01)
    monkeypatch.setattr(sweep, "HEARTBEAT_EVERY_S", 0.0)
    running = Gateway()
    await running.start()
    yield running
    await running.stop()


def come_back(gateway: Gateway, count: int) -> None:
    sessions: dict[int, Any] = {}
    for row in charge_points(count):
        row.connection = Connection.objects.create(charge_point=row, server_id=gateway.server_id)
        row.save()
        session: Any = SimpleNamespace(
            station=Station.of(row),
            connected_at=SILENT_SINCE,
            seen_at=time.monotonic(),
            calls=SimpleNamespace(nudge=lambda: None),
        )
        session.station.connection_id = row.connection.pk
        sessions[row.pk] = session
    gateway.sessions.update(sessions)


async def heartbeats(gateway: Gateway, count: int) -> None:
    """Wait for so many."""
    seen: set[Any] = set()
    async with asyncio.timeout(20):
        while len(seen) < count:
            seen.add(ServerProcess.objects.get(pk=gateway.server_id).heartbeat_at)
            await asyncio.sleep(0.01)


async def test_while_a_fleet_is_asked_for_its_boots_the_process_goes_on_living(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its heartbeat waited for thousands of questions, and others took it for dead."""
    await asyncio.to_thread(come_back, gateway, 5 * BOOTS_ASKED_AT_ONCE)
    asked: list[int] = []
    run = gateway.writer.run

    def slow_for_chargers(key: int, work: Any) -> asyncio.Future[Any]:
        if key not in gateway.sessions:
            return run(key, work)
        asked.append(key)
        return asyncio.get_running_loop().create_future()

    monkeypatch.setattr(gateway.writer, "run", slow_for_chargers)
    await heartbeats(gateway, 5)
    assert len(asked) == BOOTS_ASKED_AT_ONCE


async def test_each_of_a_fleet_is_asked_for_its_boot(gateway: Gateway) -> None:
    await asyncio.to_thread(come_back, gateway, 5 * BOOTS_ASKED_AT_ONCE)
    not_asked = ChargePoint.objects.filter(boot_asked_at=None)
    await eventually(lambda: not not_asked.exists())


async def test_a_nudge_that_comes_as_the_process_stops_leaves_no_warning(
    monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    running = Gateway()
    await running.start()
    here = ServerProcess(id=running.server_id)
    nudges.close(Connection(id=1, charge_point_id=1, server=here), "a newer socket")
    await asyncio.sleep(0)
    await running.stop()
