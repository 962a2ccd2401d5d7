"""kill -9 of the worker that tells a mirror, and of the mirror: nothing is lost, all in order."""

import asyncio
import json
import random
from pathlib import Path

import pytest

from chargepoints.mirroring import forwarding
from tests.fakes.other_csms import OtherSystem
from tests.faults.scale import scaled
from tests.operated import OperatedCharger, at, eventually
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

KILLS = scaled(1, 2, 20)
MESSAGES = 25
LEASE_S = forwarding.LEASE.total_seconds()

pytestmark = [pytest.mark.services, pytest.mark.timeout(120 + 2 * LEASE_S * KILLS)]


def told_values(other: OtherSystem) -> list[int]:
    """Each message once, by its id: what was not answered comes again under the same one."""
    once = {json.loads(text)[1]: json.loads(text) for text in other.frames}
    metered = [frame[3] for frame in once.values() if len(frame) > 3 and frame[2] == "MeterValues"]
    return [int(each["meterValue"][0]["sampledValue"][0]["value"]) for each in metered]


async def test_killed_mirrors_lose_nothing_and_keep_the_order(
    gateway: RunningGateway, identity: str, tmp_path: Path
) -> None:
    other = OtherSystem()
    await other.start()
    worker = ManagePy(["mirror"], gateway.environment, tmp_path / "mirror.log")
    try:
        async with await OperatedCharger.connect(gateway, identity) as charger:
            await charger.http("PUT", "mirror", json={"url": other.url})
            number = (await charger.start("04A1"))["transactionId"]
            said = 1000
            for _ in range(KILLS):
                worker_dies, other_dies = random.sample(range(1, MESSAGES), 2)
                for place in range(MESSAGES):
                    said += 1
                    element = {"timestamp": at(), "sampledValue": [{"value": str(said)}]}
                    told = {"connectorId": 1, "transactionId": number, "meterValue": [element]}
                    await charger.call("MeterValues", told)
                    if place == worker_dies:
                        worker.kill()
                        worker.wait(10)
                    if place == other_dies:
                        await other.kill()
                worker = ManagePy(["mirror"], gateway.environment, tmp_path / "mirror.log")
                await other.start()
                expected = list(range(1001, said + 1))
                within = LEASE_S + 60
                await eventually(lambda: len(told_values(other)) >= len(expected), within)  # noqa: B023
                assert told_values(other) == expected
    finally:
        worker.kill()
        await asyncio.to_thread(worker.wait, 10)
        await other.kill()
