"""Two server processes on one PostgreSQL, with a Redis that may go away."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chargepoints.models import ChargePoint, Connection
from tests.operated import BOOT_16, OperatedCharger, eventually
from tests.private_redis import Redis
from tests.running_gateway import RunningGateway

pytestmark = pytest.mark.services


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    redis = Redis(tmp_path)
    redis.start()
    yield redis
    redis.stop()


Pair = tuple[RunningGateway, RunningGateway]


@pytest.fixture
def pair(start_gateway: Callable[..., RunningGateway], redis: Redis) -> Pair:
    one = start_gateway(REDIS_URL=redis.url)
    return one, start_gateway(beside=one, REDIS_URL=redis.url)


async def operated_on(socket_at: RunningGateway, api_at: RunningGateway) -> OperatedCharger:
    """A charger whose socket is at one process, and the API that commands it at the other."""
    operated = await OperatedCharger.connect(socket_at, "PAIR-1")
    operated.gateway = api_at
    return operated


async def test_a_command_reaches_a_charger_on_the_other_process(pair: Pair) -> None:
    async with await operated_on(*pair) as operated:
        _, body = await operated.command(
            "trigger", {"message": "Heartbeat"}, "TriggerMessage", {"status": "Accepted"}
        )
        assert body["state"] == "accepted"


@pytest.mark.parametrize("redis_answers", [True, False])
async def test_a_charger_on_the_other_process_is_disconnected_with_redis_and_without(
    pair: Pair, redis: Redis, redis_answers: bool
) -> None:
    operated = await operated_on(*pair)
    if not redis_answers:
        redis.stop()
    answer = await operated.http("POST", "disconnect")
    assert (answer.status_code, answer.json()["connection"]["online"]) == (200, False)
    assert await operated.charger.wait_closed() == 1000


async def test_a_redis_that_restarts_closes_no_socket_and_loses_no_command(
    pair: Pair, redis: Redis
) -> None:
    async with await operated_on(*pair) as operated:
        redis.stop()
        posted = await operated.post("trigger", {"message": "Heartbeat"})
        assert posted.status_code == 202
        assert await operated.obey("TriggerMessage", {"status": "Accepted"})
        assert await operated.call("Heartbeat", {})
        redis.start()
        await operated.command(
            "trigger", {"message": "MeterValues"}, "TriggerMessage", {"status": "Accepted"}
        )
        assert Connection.objects.filter(charge_point=operated.row).count() == 1


async def test_a_charger_that_moves_to_the_other_process_is_closed_at_the_first(
    pair: Pair,
) -> None:
    one, two = pair
    operated = await OperatedCharger.connect(one, "PAIR-2")
    async with await two.connect("PAIR-2") as moved:
        assert await operated.charger.wait_closed() == 1000
        await moved.call("BootNotification", BOOT_16)
        await asyncio.sleep(1)
        row = ChargePoint.objects.get(identity="PAIR-2")
        assert row.connection is not None and row.connection.closed_at is None


async def test_the_chargers_of_a_killed_process_are_soon_known_to_be_offline(
    pair: Pair,
) -> None:
    one, _ = pair
    async with await OperatedCharger.connect(one, "PAIR-3") as operated:
        await asyncio.to_thread(one.kill)
        await eventually(lambda: operated.known().connection_id is None, within=50)
