"""P13: all chargers at once, without jitter, as after a power cut of the network."""

import asyncio
import time
from collections.abc import Callable

import pytest

from chargepoints.models import ChargePoint
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.faults.scale import scaled
from tests.operated import BOOT_16
from tests.running_gateway import RunningGateway

CHARGERS = scaled(100, 1000, 1000)
# The promise is 150; the default suite has other tests beside it.
BOOTED_EACH_SECOND = scaled(25, 150, 150)
# Of an attempt, as chargers have it.
PATIENCE_S = 30


@pytest.mark.timeout(180)
async def test_all_are_booted_in_time_and_nearly_all_at_the_first_try(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway()
    identities = [f"STORM-{number}" for number in range(CHARGERS)]
    for identity in identities:
        gateway.register(identity)
    attempts = dict.fromkeys(identities, 0)
    chargers: list[RawCharger] = []

    async def come_back(identity: str) -> None:
        while True:
            attempts[identity] += 1
            try:
                charger = await gateway.connect(identity, within=PATIENCE_S)
            except (HandshakeRefusedError, OSError):
                await asyncio.sleep(1)
                continue
            chargers.append(charger)
            answer = await charger.call("BootNotification", BOOT_16, within=PATIENCE_S)
            assert answer[2]["status"] == "Accepted"
            return

    began = time.monotonic()
    await asyncio.gather(*map(come_back, identities))
    took = time.monotonic() - began
    assert took < 1 + CHARGERS / BOOTED_EACH_SECOND
    assert sum(count == 1 for count in attempts.values()) >= 0.95 * CHARGERS
    assert ChargePoint.objects.exclude(connection=None).count() == CHARGERS
    await asyncio.gather(*(charger.close() for charger in chargers))
