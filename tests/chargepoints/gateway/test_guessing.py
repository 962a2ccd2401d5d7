"""Who guesses is slowed down; whose key is right always gets in, whoever fails beside it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from chargepoints.models import Connection, HandshakeRefusal
from tests.chargepoints.gateway.test_handshakes import another_address, refusal
from tests.fakes.charger import HandshakeRefusedError
from tests.operated import eventually
from tests.running_gateway import RunningGateway


async def fail(gateway: RunningGateway, identity: str, source: str, times: int) -> list[int]:
    return [
        (await refusal(gateway, identity, key="wrong", source=source)).status for _ in range(times)
    ]


@asynccontextmanager
async def held_back(
    gateway: RunningGateway, identity: str, source: str
) -> AsyncIterator[list[asyncio.Task[HandshakeRefusedError]]]:
    """Failures whose answers are under way, the last ones for eight seconds."""
    before = failures_of(identity, source)
    held = [
        asyncio.create_task(refusal(gateway, identity, key="wrong", source=source))
        for _ in range(8)
    ]
    await eventually(lambda: failures_of(identity, source) == before + len(held))
    yield held
    for each in held:
        each.cancel()
    await asyncio.gather(*held, return_exceptions=True)


def failures_of(identity: str, source: str) -> int:
    return sum(
        row.count for row in HandshakeRefusal.objects.filter(identity=identity, address=source)
    )


async def test_a_right_key_gets_in_at_once_where_neighbours_at_its_address_fail(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    source = another_address()
    for number in range(5):
        gateway.register(f"{identity}-{number}")
        await fail(gateway, f"{identity}-{number}", source, 4)
    async with (
        held_back(gateway, f"{identity}-0", source) as held,
        await gateway.connect(identity, source=source),
    ):
        assert not all(each.done() for each in held)


async def test_a_right_key_gets_in_at_once_after_wrong_ones_from_the_same_address(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    source = another_address()
    assert await fail(gateway, identity, source, 7) == [401] * 5 + [429] * 2
    async with (
        held_back(gateway, identity, source) as held,
        await gateway.connect(identity, source=source),
    ):
        assert not all(each.done() for each in held)


async def test_a_failure_above_the_limit_is_answered_late_and_told_how_long_to_wait(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    source = another_address()
    await fail(gateway, identity, source, 6)
    begun = time.monotonic()
    refused = await refusal(gateway, identity, key="wrong", source=source)
    assert refused.status == 429
    assert time.monotonic() - begun > 0.4
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_staff_read_why_each_was_refused_however_often_it_failed(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    source = another_address()
    await fail(gateway, identity, source, 6)
    row = HandshakeRefusal.objects.get(address=source)
    assert (row.reason, row.count, row.window_count) == ("wrong_key", 6, 6)


async def test_a_charger_registered_meanwhile_gets_in_at_an_address_over_its_limit(
    gateway: RunningGateway, identity: str
) -> None:
    source = another_address()
    for number in range(21):
        await refusal(gateway, f"{identity}-{number}", source=source)
    gateway.register(identity)
    async with await gateway.connect(identity, source=source):
        pass


@pytest.mark.embedded
async def test_a_restart_forgets_no_failure(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    gateway = start_gateway()
    gateway.register(identity)
    source = another_address()
    assert await fail(gateway, identity, source, 5) == [401] * 5
    gateway.stop()
    gateway.start()
    assert await fail(gateway, identity, source, 1) == [429]


async def test_a_frozen_identity_gets_in_when_it_has_no_socket_and_is_told_the_time_otherwise(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(identity)
    sockets = [await gateway.connect(identity, source=another_address()) for _ in range(7)]
    refused = await refusal(gateway, identity)
    assert refused.status == 429
    assert 290 < int(refused.headers["retry-after"]) <= 300
    for socket in sockets:
        await socket.close()
    still_open = Connection.objects.filter(charge_point__identity=identity, closed_at=None)

    def nobody_is_connected() -> bool:
        return not still_open.exists()

    await eventually(nobody_is_connected)
    async with await gateway.connect(identity):
        pass
