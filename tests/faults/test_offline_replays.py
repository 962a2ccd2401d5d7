"""Months in one go: chargers that were offline replay what they kept, disordered and with holes."""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from chargepoints.models import Transaction
from tests.fakes.journal import Frame
from tests.faults.checker import faults
from tests.faults.scale import scaled
from tests.faults.witness import Payload, Witness, Witness201
from tests.running_gateway import RunningGateway

CHARGERS = scaled(4, 20, 20)
MESSAGES = scaled(100, 400, 10_000)
SAMPLES = 20
# 2.0.1 alone numbers what it tells, so that order and completeness can be seen.
DISORDER = 4
LOST_ONE_IN = 25
LIVE_WITHIN_S = 0.25
# Beside other tests on the same cores the slowest answers tell nothing of the gateway.
PERCENT_OF_THEM = scaled(50, 90, 99)


class Replaying(Witness201):
    """Keeps what it would tell, and sends it later: out of order, with some of it lost."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.kept: list[tuple[str, Payload]] = []
        self.lost: list[Payload] = []

    async def keep(self, count: int) -> None:
        while len(self.kept) < count:
            await self.charge(SAMPLES)

    async def tell(self, action: str, payload: Payload) -> Frame:
        if payload.get("eventType") == "Updated" and self._random.randrange(LOST_ONE_IN) == 0:
            self.lost.append(payload)
        else:
            self.kept.append((action, payload | {"offline": True}))
        return [3, "", {}]

    async def _status(self, status: str) -> None:
        """Not kept: chargers tell what is so now."""

    async def replay(self) -> None:
        order = sorted(range(len(self.kept)), key=lambda n: n + self._random.uniform(0, DISORDER))
        for number in order:
            await Witness201.tell(self, *self.kept[number])
        await self.close()


async def live(charger: Witness, stopped: asyncio.Event) -> list[float]:
    """Seconds that each of its messages took, while others replay."""
    took = []
    while not stopped.is_set():
        began = time.monotonic()
        await charger.tell("Heartbeat", {})
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    await charger.close()
    return took


@pytest.mark.slow
@pytest.mark.timeout(120 + CHARGERS * MESSAGES // 100)
async def test_replays_are_complete_and_chargers_that_are_online_notice_nothing(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0" if MESSAGES > 1000 else "20")
    for identity in (*(f"REPLAY-{n}" for n in range(CHARGERS)), "LIVE"):
        gateway.register(identity)
    replaying = [Replaying(gateway, f"REPLAY-{number}", number) for number in range(CHARGERS)]
    for each in replaying:
        await each.keep(MESSAGES)
    stopped = asyncio.Event()
    online = asyncio.create_task(live(Witness(gateway, "LIVE"), stopped))
    random.shuffle(replaying)
    await asyncio.gather(*(each.replay() for each in replaying))
    stopped.set()
    took = await online
    assert faults(replaying) == []
    assert not Transaction.objects.filter(ended_at=None).exists()
    assert sum(len(each.lost) for each in replaying) > 0
    assert statistics.quantiles(took, n=100)[PERCENT_OF_THEM - 1] < LIVE_WITHIN_S
