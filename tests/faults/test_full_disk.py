"""The disk of the database fills up: no transaction begins, and those that run end durably."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from chargepoints.models import IdToken, Message, Transaction
from tests.fakes.charger import HandshakeRefusedError, RawCharger
from tests.operated import BOOT_16, at, eventually
from tests.running_gateway import RunningGateway

pytestmark = pytest.mark.embedded

ENOUGH, LITTLE, NOTHING = 500_000_000, 40_000_000, 1_000_000


class Disk:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.leave(ENOUGH)

    def leave(self, size: int) -> None:
        self.path.write_text(str(size))


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "left")


@pytest.fixture
def full(start_gateway: Callable[..., RunningGateway], disk: Disk) -> RunningGateway:
    gateway = start_gateway(
        DJANGO_SETTINGS_MODULE="tests.faults.killable_settings", STORAGE_LEFT=str(disk.path)
    )
    gateway.register("FULL")
    IdToken.objects.create(value="A")
    return gateway


async def booted(gateway: RunningGateway) -> RawCharger:
    charger = await gateway.connect("FULL")
    await charger.call("BootNotification", BOOT_16)
    return charger


async def start(charger: RawCharger, connector: int) -> dict[str, object]:
    begun = {"idTag": "A", "meterStart": 0, "timestamp": at(seconds=connector)}
    frame = await charger.call("StartTransaction", {"connectorId": connector, **begun})
    reply: dict[str, object] = frame[2]
    return reply


def readiness(gateway: RunningGateway) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"{gateway.http}/readyz") as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


async def test_with_little_room_left_starts_are_refused_and_stops_are_taken(
    full: RunningGateway, disk: Disk
) -> None:
    charger = await booted(full)
    running = await start(charger, 1)
    assert running["idTagInfo"] == {"status": "Accepted"}
    disk.leave(LITTLE)
    await eventually(lambda: readiness(full)[1]["storage"] == "little")
    assert readiness(full)[0] == 200
    refused = await start(charger, 2)
    assert refused["idTagInfo"] == {"status": "Invalid"}
    stop = {"transactionId": running["transactionId"], "meterStop": 900, "timestamp": at()}
    assert (await charger.call("StopTransaction", stop))[0] == 3
    row = Transaction.objects.get(charge_point__identity="FULL", evse_id=1)
    assert row.energy_wh == 900
    message = Message.objects.filter(action="StartTransaction").first()
    assert message is not None and "storage_low" in message.deviations
    await charger.close()


async def test_without_room_nothing_is_taken_and_the_readiness_does_not_alternate(
    full: RunningGateway, disk: Disk
) -> None:
    charger = await booted(full)
    disk.leave(NOTHING)
    assert await charger.wait_closed(within=10) == 1013
    assert {readiness(full)[0] for _ in range(30)} == {503}
    with pytest.raises(HandshakeRefusedError) as refused:
        await full.connect("FULL")
    assert refused.value.status == 503
    disk.leave(ENOUGH)
    await eventually(lambda: readiness(full)[0] == 200)
    async with await booted(full):
        pass
