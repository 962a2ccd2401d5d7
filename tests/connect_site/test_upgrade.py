"""The data of a released version, upgraded and taken back: nothing of it is lost or changed."""

from collections.abc import Callable

import pytest

from chargepoints.models import ChargePoint, Connection, Event, Message
from tests.connect_site import released_state
from tests.operated import BOOT_16, at
from tests.running_gateway import KEY, RunningGateway

pytestmark = pytest.mark.slow


async def test_what_a_released_version_stored_is_there_after_an_upgrade_and_after_going_back(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway()
    gateway.stop()
    released_state.go_back(gateway)
    counts = released_state.fill()
    assert counts["chargepoints.Message"] > 1 and len(counts) > 35
    released, bounds = released_state.tables(), released_state.constraints()

    gateway.manage("migrate", "--verbosity=0")
    upgraded = released_state.tables()
    assert released_state.within(released, upgraded) == []

    await serves(gateway)
    used = released_state.tables()
    released_state.go_back(gateway)
    back = released_state.tables()
    assert released_state.within(back, used) == []
    assert set(back) == set(released)
    assert {name: columns for name, (columns, _) in back.items()} == {
        name: columns for name, (columns, _) in released.items()
    }
    assert released_state.constraints() == bounds
    saved = released_state.read_and_saved_again()
    assert saved["chargepoints.Message"] > counts["chargepoints.Message"]
    assert len([label for label in saved if saved[label]]) >= len(counts)
    assert len(back["chargepoints_message"][1]) > len(released["chargepoints_message"][1])


async def serves(gateway: RunningGateway) -> None:
    """A charger of then goes on, and core's feed has what was told then and since."""
    row = ChargePoint.objects.get(identity="BUS-1")
    # Nobody knows the keys in the file.
    gateway.register("BUS-3", key=KEY)
    messages, events = Message.objects.count(), Event.objects.count()
    gateway.start()
    async with await gateway.connect("BUS-3") as charger:
        await charger.call("BootNotification", BOOT_16)
        status = {"connectorId": 1, "status": "Available", "errorCode": "NoError"}
        await charger.call("StatusNotification", status | {"timestamp": at()})
    gateway.stop()
    assert Message.objects.count() == messages + 2
    assert Event.objects.count() > events
    assert Connection.objects.filter(charge_point=row).exists()
