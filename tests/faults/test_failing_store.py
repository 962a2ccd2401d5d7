"""P2 without a PostgreSQL to stop: the store fails, and chargers hear nothing of it but a close."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.fakes.charger import HandshakeRefusedError
from tests.faults.checker import faults
from tests.faults.witness import Witness, witnesses
from tests.running_gateway import RunningGateway


class Switch:
    """Of the store: while its file is there, the store takes nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def off(self) -> None:
        self.path.touch()

    def on(self) -> None:
        self.path.unlink()


@pytest.fixture
def switch(tmp_path: Path) -> Switch:
    return Switch(tmp_path / "down")


async def closed_with(charger: Witness) -> int | None:
    """The code with which the gateway closed its socket, and no answer before it."""
    assert charger.charger is not None
    with suppress(ConnectionClosed):
        frame = await charger.charger.call("Heartbeat", {})
        raise AssertionError(f"a store that takes nothing, and an answer: {frame}")
    return charger.charger.socket.close_code


async def test_a_store_that_fails_closes_the_sockets_without_a_word_and_all_come_back(
    start_gateway: Callable[..., RunningGateway], switch: Switch
) -> None:
    gateway = start_gateway(
        DJANGO_SETTINGS_MODULE="tests.faults.killable_settings", STORE_DOWN=str(switch.path)
    )
    chargers = witnesses(gateway, 4, "FAILED")
    for each in chargers:
        await each.charge(2)
    switch.off()
    assert await asyncio.gather(*map(closed_with, chargers)) == [1013] * 4
    with pytest.raises(HandshakeRefusedError) as refused:
        await gateway.connect("FAILED-0")
    assert refused.value.status == 503
    charging = [asyncio.create_task(each.charge(2)) for each in chargers]
    switch.on()
    await asyncio.gather(*charging)
    await asyncio.gather(*(each.close() for each in chargers))
    assert faults(chargers) == []
