"""P11: a PostgreSQL that is killed under traffic, again and again, and recovers from its log."""

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from django.db import connection

from tests import databases
from tests.e2e.mirrors.conftest import mirrored
from tests.fakes.other_csms import OtherSystem
from tests.faults.checker import faults
from tests.faults.scale import scaled
from tests.faults.witness import witnesses
from tests.operated import OperatedCharger, eventually
from tests.private_postgresql import PostgreSQL
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

KILLS = scaled(2, 3, 20)
DOWN_S = scaled(3, 10, 120)
CHARGERS = 6

pytestmark = [pytest.mark.services, pytest.mark.timeout(180 + 30 * KILLS + DOWN_S)]


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    # Nobody else may enter the directories that pytest makes.
    with tempfile.TemporaryDirectory() as directory:
        cluster = PostgreSQL(Path(directory))
        cluster.start()
        yield cluster
        cluster.kill()


@pytest.fixture
def gateway(
    start_gateway: Callable[..., RunningGateway], postgresql: PostgreSQL
) -> Iterator[RunningGateway]:
    """One on the PostgreSQL that is killed."""
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0")
    gateway.stop()
    gateway.environment["DATABASE_URL"] = postgresql.url
    gateway.manage("migrate", "--verbosity=0")
    with databases.looked_at("postgres", PORT=str(postgresql.port)):
        gateway.start()
        yield gateway
        connection.close()  # of before the kills


@pytest.mark.expected_errors("the database does not answer")
async def test_a_postgresql_that_is_killed_loses_nothing_that_was_acknowledged(
    gateway: RunningGateway, postgresql: PostgreSQL
) -> None:
    chargers = witnesses(gateway, CHARGERS, "PG")
    stopped = asyncio.Event()
    charging = [asyncio.create_task(each.charge_until(stopped)) for each in chargers]
    for number in range(KILLS):
        await asyncio.sleep(random.uniform(1, 2))
        await asyncio.to_thread(postgresql.kill)
        await asyncio.sleep(DOWN_S if number == 0 else 0)
        await asyncio.to_thread(postgresql.start)
    await asyncio.sleep(2)
    stopped.set()
    await asyncio.gather(*charging)
    connection.close()
    assert faults(chargers) == []


@pytest.mark.expected_errors("the database does not answer")
async def test_no_request_fails_any_more_once_postgresql_is_back(
    gateway: RunningGateway, postgresql: PostgreSQL
) -> None:
    """Each thread had a connection of its own, which the end of the server broke."""
    headers = {"Authorization": f"Bearer {gateway.api_key('read')}"}
    url = f"{gateway.http}/api/v1/charge-points"

    async def statuses() -> set[int]:
        asked = (asyncio.to_thread(requests.get, url, headers=headers) for _ in range(8))
        return {answer.status_code for answer in await asyncio.gather(*asked)}

    assert await statuses() == {200}
    await asyncio.to_thread(postgresql.kill)
    await asyncio.to_thread(postgresql.start)
    assert await statuses() == {200}


@pytest.mark.expected_errors("the database does not answer")
async def test_a_second_central_system_gets_messages_again_once_postgresql_is_back(
    gateway: RunningGateway, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    """The worker's connection broke, and would stay so."""
    other = OtherSystem()
    await other.start()
    log = tmp_path / "mirror.log"
    worker = ManagePy(["mirror"], gateway.environment, log)
    try:
        async with await OperatedCharger.connect(gateway, "PG-MIRRORED") as charger:
            await mirrored(charger, other)
            await charger.call("Heartbeat", {})
            await eventually(lambda: other.said.get("Heartbeat"))
            await asyncio.to_thread(postgresql.kill)
            await asyncio.to_thread(postgresql.start)
            await charger.reconnect()
            await charger.call("Heartbeat", {})
            await eventually(lambda: len(other.said["Heartbeat"]) == 2, within=40)
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.wait, 10)
        await other.kill()
    assert "ERROR" not in log.read_text()
