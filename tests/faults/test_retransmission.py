"""The same again: under its id, under a new one, twice at once, much later, over another socket."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.core import FakeCore
from tests.fakes.journal import Frame
from tests.faults.checker import faults
from tests.faults.scale import scaled
from tests.faults.witness import Payload, Witness, Witness201
from tests.running_gateway import RunningGateway

CHARGERS = scaled(4, 40, 40)
REPETITIONS = scaled(240, 10_000, 10_000)
SAMPLES = 6
# More sockets a minute than these would be a storm.
SOCKETS = 4


class Repeating(Witness):
    """Tells everything again, each time in another way; `elsewhere` is one more server process."""

    def __init__(self, *arguments: Any, elsewhere: RunningGateway | None = None) -> None:
        super().__init__(*arguments)
        self.repetitions = 0
        self._told: list[tuple[str, Payload, Frame]] = []
        ways = [self._same_id, self._new_id, self._twice_at_once, self._much_later]
        self._ways = itertools.cycle(ways)
        self._elsewhere = elsewhere

    async def tell(self, action: str, payload: Payload) -> Frame:
        reply = await super().tell(action, payload)
        self._told.append((action, payload, reply))
        await next(self._ways)()
        return reply

    async def tell_over_a_new_socket(self) -> None:
        """The last message again, after a reconnect, at the other process if there is one."""
        action, payload, reply = self._told[-1]
        await self.close()
        if self._elsewhere is not None:
            self.gateway, self._elsewhere = self._elsewhere, self.gateway
        self._compare(await super().tell(action, payload), reply)

    async def _same_id(self) -> None:
        action, payload, reply = self._told[-1]
        self._compare(await self._call(action, payload, reply[1]), reply)

    async def _new_id(self) -> None:
        action, payload, reply = self._told[-1]
        self._compare(await self._call(action, payload), reply)

    async def _twice_at_once(self) -> None:
        action, payload, reply = self._told[-1]
        assert self.charger is not None
        ids = [await self.charger.send_call(action, payload) for _ in range(2)]
        for message_id in ids:
            self._compare(await self.charger.reply_to(message_id), reply)

    async def _much_later(self) -> None:
        action, payload, reply = self._random.choice(self._told)
        self._compare(await self._call(action, payload), reply)

    async def _call(self, *call: Any) -> Frame:
        assert self.charger is not None
        return await self.charger.call(*call)

    def _compare(self, again: Frame, reply: Frame) -> None:
        self.repetitions += 1
        assert again[2] == reply[2], "another answer to the same message"


class Repeating201(Repeating, Witness201):
    pass


async def repeat(charger: Repeating, count: int) -> None:
    await charger.charge(SAMPLES)
    for _ in range(SOCKETS - 1):
        await charger.tell_over_a_new_socket()
    while charger.repetitions < count:
        await charger.charge(SAMPLES)
    await charger.close()


def registered(
    gateway: RunningGateway, identity: str, elsewhere: RunningGateway | None = None
) -> list[Repeating]:
    kinds = [Repeating, Repeating201]
    chargers = []
    for number in range(CHARGERS):
        gateway.register(f"{identity}-{number}")
        kind = kinds[number % 2]
        chargers.append(kind(gateway, f"{identity}-{number}", number, elsewhere=elsewhere))
    return chargers


@pytest.mark.timeout(60 + REPETITIONS // 50)
async def test_what_is_told_again_is_answered_alike_and_written_once(
    start_gateway: Callable[..., RunningGateway],
    gateway: RunningGateway,
    core: FakeCore,
    identity: str,
) -> None:
    # At its pace a charger would need minutes for so many.
    one = start_gateway(CHARGER_MESSAGES_PER_SECOND="0") if REPETITIONS > 1000 else gateway
    chargers = registered(one, identity)
    await asyncio.gather(*(repeat(each, REPETITIONS // CHARGERS) for each in chargers))
    assert faults(chargers) == []
