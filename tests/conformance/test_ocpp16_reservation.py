"""OCPP 1.6 test cases of a central system: reservation."""

from datetime import UTC, datetime, timedelta

from chargepoints.models import Connector, Reservation
from tests.operated import OperatedCharger, Payload, eventually
from tests.running_gateway import RunningGateway


def in_future(**later: float) -> str:
    return (datetime.now(UTC) + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def reserve(
    cp: OperatedCharger, status: str = "Accepted", **more: object
) -> tuple[Payload, Payload]:
    args = {"id_token": {"value": "RESERVED"}, "expires_at": in_future(hours=1), "evse_id": 1}
    return await cp.command("reserve", args | more, "ReserveNow", {"status": status})


def kept(cp: OperatedCharger) -> Reservation:
    return Reservation.objects.get(charge_point=cp.row)


async def refused(gateway: RunningGateway, identity: str, status: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, command = await reserve(cp, status)
        assert (command["state"], command["error"]["code"]) == ("rejected", status)
        assert kept(cp).state == "rejected"


async def test_046_reservation_used_by_its_transaction(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await reserve(cp)
        assert command["state"] == "accepted"
        assert request["connectorId"] == 1
        assert request["idTag"] == "RESERVED"
        await cp.status(1, "Reserved")
        answer = await cp.start("RESERVED", reservationId=request["reservationId"])
        assert answer["idTagInfo"]["status"] == "Accepted"
        await cp.status(1, "Charging")
        assert kept(cp).state == "used"
        states = [event.data["state"] for event in cp.events("reservation.changed")]
        assert states == ["active", "used"]


async def test_047_reservation_expires(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await reserve(cp, expires_at=in_future(seconds=2))
        await cp.status(1, "Reserved")
        await eventually(lambda: kept(cp).state == "expired")
        await cp.status(1, "Available")
        assert Connector.objects.get(evse__charge_point=cp.row).status == "available"


async def test_048_1_reservation_faulted(gateway: RunningGateway, identity: str) -> None:
    await refused(gateway, identity, "Faulted")


async def test_048_2_reservation_occupied(gateway: RunningGateway, identity: str) -> None:
    await refused(gateway, identity, "Occupied")


async def test_048_3_reservation_unavailable(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await cp.command(
            "set_availability",
            {"availability": "inoperative", "evse_id": 1},
            "ChangeAvailability",
            {"status": "Accepted"},
        )
        assert request == {"connectorId": 1, "type": "Inoperative"}
        assert command["state"] == "accepted"
        await cp.status(1, "Unavailable")
        _, command = await reserve(cp, "Unavailable")
        assert command["error"]["code"] == "Unavailable"
        assert kept(cp).state == "rejected"


async def test_048_4_reservation_rejected(gateway: RunningGateway, identity: str) -> None:
    await refused(gateway, identity, "Rejected")


async def test_049_reservation_of_connector_0(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await reserve(cp, evse_id=0)
        assert request["connectorId"] == 0
        assert command["state"] == "accepted"
        assert kept(cp).evse_id is None


async def test_051_cancel_reservation(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, _ = await reserve(cp)
        number = request["reservationId"]
        request, command = await cp.command(
            "cancel_reservation",
            {"reservation_id": number},
            "CancelReservation",
            {"status": "Accepted"},
        )
        assert request == {"reservationId": number}
        assert command["state"] == "accepted"
        assert kept(cp).state == "cancelled"
        await cp.status(1, "Available")


async def test_052_cancel_reservation_rejected(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, command = await cp.command(
            "cancel_reservation",
            {"reservation_id": 999},
            "CancelReservation",
            {"status": "Rejected"},
        )
        assert command["state"] == "rejected"


async def test_053_reservation_for_a_group(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, _ = await reserve(cp, id_token={"value": "GROUPED1"}, group_id_token="DEPOT-GROUP")
        assert request["parentIdTag"] == "DEPOT-GROUP"
        answer = await cp.call("Authorize", {"idTag": "GROUPED1"})
        assert answer["idTagInfo"] == {"status": "Accepted", "parentIdTag": "DEPOT-GROUP"}
        answer = await cp.start("ANOTHER", reservationId=request["reservationId"])
        assert answer["idTagInfo"]["status"] == "Accepted"
        assert kept(cp).state == "used"
