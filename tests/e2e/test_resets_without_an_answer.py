"""A charger that restarts at once instead of answering its reset: the boot tells that it did."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chargepoints.models import Command
from tests.operated import BOOT_16, OperatedCharger, Payload, eventually
from tests.operated_station import BOOT
from tests.running_gateway import RunningGateway

State = Command.State

BOOTS: list[tuple[str, Payload]] = [
    ("ocpp1.6", BOOT_16),
    ("ocpp2.0.1", BOOT | {"reason": "RemoteReset"}),
    ("ocpp2.1", BOOT | {"reason": "RemoteReset"}),
]


def of_charger(operated: OperatedCharger) -> Command:
    return Command.objects.get(charge_point=operated.row, type="reset")


async def leaves_without_an_answer(operated: OperatedCharger) -> None:
    response = await operated.post("reset", {"type": "immediate"})
    assert response.status_code == 202, response.text
    await operated.charger.expect_call("Reset")
    await operated.reconnect()
    await eventually(lambda: of_charger(operated).effect_deadline)


@pytest.mark.parametrize(("protocol", "boot"), BOOTS, ids=[name for name, _ in BOOTS])
async def test_a_boot_within_two_minutes_confirms_the_reset(
    gateway: RunningGateway, identity: str, protocol: str, boot: Payload
) -> None:
    async with await OperatedCharger.connect(gateway, identity, protocol, boot=boot) as operated:
        await leaves_without_an_answer(operated)
        assert of_charger(operated).state == State.SENT
        await operated.call("BootNotification", boot)
        assert of_charger(operated).state == State.EFFECT_CONFIRMED
        (told,) = operated.events("command.finished")
        assert told.data["state"] == "effect_confirmed"


async def test_without_a_boot_it_is_not_known_whether_it_did(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await leaves_without_an_answer(operated)
        reset = Command.objects.filter(charge_point=operated.row)
        reset.update(effect_deadline=timezone.now() - timedelta(seconds=1))
        await eventually(lambda: of_charger(operated).state == State.TIMEOUT)
        assert of_charger(operated).error_code == "connection_lost"
        (told,) = operated.events("command.finished")
        assert told.data["state"] == "timeout"
