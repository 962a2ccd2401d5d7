"""OCPP 1.6: a second central system has numbers of its own, also for what began before."""

from ocpp.v16 import call

from tests.e2e.mirrors.conftest import meter, metered, mirrored
from tests.fakes.other_csms import FIRST_TRANSACTION, OtherSystem
from tests.operated import OperatedCharger, eventually
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

THEIRS = FIRST_TRANSACTION + 1


async def test_the_start_of_a_transaction_that_goes_on_is_told_before_its_next_message(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        number = (await charger.start("04A1"))["transactionId"]
        await meter(charger, number, 200)
        await mirrored(charger, other)
        await meter(charger, number, 500)
        await charger.stop(number)
        await eventually(lambda: other.said.get("StopTransaction"))
        assert metered(other) == [500]
        assert [each["id_tag"] for each in other.said["StartTransaction"]] == ["04A1"]
        assert other.said["MeterValues"][0]["transaction_id"] == THEIRS
        assert other.said["StopTransaction"][0]["transaction_id"] == THEIRS


async def test_a_transaction_without_a_number_of_theirs_is_told_under_none_of_ours(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    """Errata of 1.6: -1 stands for a transaction whose start has got no id."""
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        await meter(charger, 77, 500)
        await meter(charger, 0, 501)
        await eventually(lambda: metered(other) == [500, 501])
        assert [each["transaction_id"] for each in other.said["MeterValues"]] == [-1, 0]


async def test_a_command_about_an_unknown_transaction_does_not_reach_one_of_ours(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other, allowed_actions=["RemoteStopTransaction"])
        number = (await charger.start("04A1"))["transactionId"]
        await eventually(lambda: other.said.get("StartTransaction"))
        assert other.station is not None
        # Ours has this number; theirs is another.
        assert await other.station.call(call.RemoteStopTransaction(transaction_id=number)) is None
        await charger.call("Heartbeat", {})
        assert charger.charger.journal.asked == []
