"""A mirror that is on costs its charger no time: it reads the trace, beside the charger's way."""

import asyncio
import time
from pathlib import Path
from statistics import median

import pytest

from tests.fakes.other_csms import OtherSystem
from tests.faults.scale import SCALE, scaled
from tests.operated import OperatedCharger, at
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

CALLS = scaled(100, 100, 200)  # of a round
ROUNDS = scaled(1, 1, 15)
# Of a fleet, some dozen a second.
PAUSE_S = 0.02
MOST_MORE_S = 0.005

pytestmark = [
    pytest.mark.timeout(120 + 2 * ROUNDS * CALLS),
    pytest.mark.skipif(SCALE != "long", reason="needs a machine for itself: `make faults`"),
]


async def told(charger: OperatedCharger, number: int) -> list[float]:
    """How long each answer took."""
    taken = []
    for place in range(CALLS):
        element = {"timestamp": at(), "sampledValue": [{"value": str(place)}]}
        payload = {"connectorId": 1, "transactionId": number, "meterValue": [element]}
        begun = time.perf_counter()
        await charger.call("MeterValues", payload)
        taken.append(time.perf_counter() - begun)
        await asyncio.sleep(PAUSE_S)
    return taken


def p99(rounds: list[list[float]]) -> float:
    """Of a round, as the median of all: what else the machine does disturbs some of them."""
    return median(sorted(taken)[int(len(taken) * 0.99)] for taken in rounds)


async def test_a_mirror_costs_its_charger_no_more_than_5_ms_at_p99(
    gateway: RunningGateway, identity: str, tmp_path: Path
) -> None:
    other = OtherSystem()
    await other.start()
    worker = ManagePy(["mirror"], gateway.environment, tmp_path / "mirror.log")
    without: list[list[float]] = []
    mirrored: list[list[float]] = []
    try:
        async with await OperatedCharger.connect(gateway, identity) as charger:
            number = (await charger.start("04A1"))["transactionId"]
            for _ in range(ROUNDS):
                for enabled, found in ((False, without), (True, mirrored)):
                    body = {"url": other.url, "enabled": enabled}
                    assert (await charger.http("PUT", "mirror", json=body)).ok
                    await asyncio.sleep(3)  # the worker looks every two seconds
                    found.append(await told(charger, number))
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.wait, 20)
        await other.kill()
    assert len(other.said["MeterValues"]) > ROUNDS * CALLS / 2
    print(f"p99 {1000 * p99(without):.1f} ms without a mirror, {1000 * p99(mirrored):.1f} ms with")
    assert p99(mirrored) - p99(without) < MOST_MORE_S
