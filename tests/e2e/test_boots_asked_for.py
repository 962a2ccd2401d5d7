"""A boot that the gateway asked for is nothing odd; one that only tells of itself is no restart."""

from chargepoints.models import ChargePoint, Message, Transaction
from chargepoints.services.transactions import closing
from tests.operated import BOOT_16, OperatedCharger, at
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

ACCEPTED = {"status": "Accepted"}
BOOT_201 = {"reason": "Triggered", "chargingStation": {"vendorName": "Acme", "model": "Fast 50"}}


def deviations(row: ChargePoint) -> list[str]:
    message = Message.objects.filter(charge_point=row, action="BootNotification").first()
    assert message is not None
    noted: list[str] = message.deviations
    return noted


async def test_a_boot_that_nobody_asked_for_is_noted(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.call("BootNotification", BOOT_16)
        assert deviations(cp.row) == ["booted_again"]


async def test_a_triggered_boot_is_not_noted_and_leaves_no_transaction_open(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, f"{identity}-16") as cp:
        begun = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": at()}
        await cp.call("StartTransaction", begun)
        before = ChargePoint.objects.get(pk=cp.row.pk).booted_at
        await cp.command("trigger", {"message": "BootNotification"}, "TriggerMessage", ACCEPTED)
        await cp.call("BootNotification", BOOT_16)
        assert deviations(cp.row) == []
        assert ChargePoint.objects.get(pk=cp.row.pk).booted_at == before
        assert not closing.left_open(Transaction.objects.filter(charge_point=cp.row)).exists()
    async with await OperatedStation.connect(gateway, f"{identity}-201") as station:
        boot = {"message": "BootNotification"}
        await station.command("trigger", boot, "TriggerMessage", ACCEPTED)
        await station.call("BootNotification", BOOT_201)
        assert deviations(station.row) == []


async def test_the_boot_after_a_reset_over_the_same_socket_is_not_noted(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.command("reset", {"type": "immediate"}, "Reset", ACCEPTED)
        await cp.call("BootNotification", BOOT_16)
        assert deviations(cp.row) == []
