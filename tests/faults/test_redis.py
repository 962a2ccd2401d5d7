"""P10: whatever Redis does, no socket closes and no command is lost."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chargepoints.models import Command, Connection
from tests.faults.scale import scaled
from tests.operated import OperatedCharger
from tests.private_redis import Redis
from tests.running_gateway import RunningGateway

FAULTS = scaled(4, 8, 50)
# The default socket timeout of the client library ends what idles for 5 s.
IDLE_S = scaled(6, 6, 70)
STATIONS = 3

pytestmark = [pytest.mark.services, pytest.mark.timeout(120 + 10 * FAULTS + IDLE_S)]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    redis = Redis(tmp_path)
    redis.start()
    yield redis
    redis.stop()


def away(redis: Redis) -> Callable[[], None]:
    redis.stop()
    return redis.start


def hanging(redis: Redis) -> Callable[[], None]:
    redis.hang()
    return redis.go_on


def flushed(redis: Redis) -> Callable[[], None]:
    redis.flush()
    return lambda: None


def restarted(redis: Redis) -> Callable[[], None]:
    redis.stop()
    redis.start()
    return lambda: None


KINDS = [away, hanging, flushed, restarted]


async def command_all(chargers: list[OperatedCharger]) -> None:
    """Each is commanded through the process that does not hold its socket, and obeys."""
    for each in chargers:
        posted = await each.post("trigger", {"message": "Heartbeat"})
        assert posted.status_code == 202, posted.text
    for each in chargers:
        await each.obey("TriggerMessage", {"status": "Accepted"})
        assert await each.call("Heartbeat", {})


async def test_no_socket_closes_and_no_command_is_lost(
    start_gateway: Callable[..., RunningGateway], redis: Redis
) -> None:
    one = start_gateway(REDIS_URL=redis.url)
    two = start_gateway(beside=one, REDIS_URL=redis.url)
    chargers = []
    for number in range(STATIONS):
        charger = await OperatedCharger.connect(one, f"REDIS-{number}")
        charger.gateway = two
        chargers.append(charger)
    await asyncio.sleep(IDLE_S)
    for number in range(FAULTS):
        mend = KINDS[number % len(KINDS)](redis)
        await command_all(chargers)
        mend()
    await command_all(chargers)
    # One socket each, from the beginning to the end, and every command sent once.
    assert Connection.objects.count() == STATIONS
    accepted = Command.objects.filter(state=Command.State.ACCEPTED)
    for charger in chargers:
        await charger.charger.close()
    assert accepted.count() == Command.objects.count() == STATIONS * (FAULTS + 1)
