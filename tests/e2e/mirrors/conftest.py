"""A charge point that a second central system, of the `ocpp` package, is told about."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.other_csms import OtherSystem
from tests.operated import OperatedCharger, at
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy


@pytest.fixture
def mirroring(gateway: RunningGateway, tmp_path: Path) -> Iterator[ManagePy]:
    worker = ManagePy(["mirror"], gateway.environment, tmp_path / "mirror.log")
    yield worker
    worker.terminate()
    worker.wait(10)
    assert "ERROR" not in (tmp_path / "mirror.log").read_text()


@pytest_asyncio.fixture
async def other() -> AsyncIterator[OtherSystem]:
    system = OtherSystem()
    await system.start()
    yield system
    await system.kill()


async def mirrored(charger: OperatedCharger, other: OtherSystem, **more: Any) -> None:
    body = {"url": other.url, **more}
    answer = await charger.http("PUT", "mirror", json=body)
    assert answer.status_code == 200, answer.text


async def meter(charger: OperatedCharger, transaction: int, value: int) -> None:
    element = {"timestamp": at(), "sampledValue": [{"value": str(value)}]}
    told = {"connectorId": 1, "transactionId": transaction, "meterValue": [element]}
    await charger.call("MeterValues", told)


def metered(other: OtherSystem) -> list[int]:
    return [
        int(each["meter_value"][0]["sampled_value"][0]["value"])
        for each in other.said.get("MeterValues", [])
    ]
