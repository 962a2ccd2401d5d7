"""H Reservation: the CSMS test cases of OCPP 2.0.1, part 6."""

from chargepoints.models import Reservation
from tests.operated import Payload, at, eventually
from tests.operated_station import TOKEN, Charging, OperatedStation

ID_TOKEN: Payload = {"value": "04A1B2", "type": "ISO14443"}
EVSE_1: Payload = {"evse_id": 1}


async def reserve(
    station: OperatedStation, args: Payload, expected: Payload, status: str = "Accepted"
) -> int:
    """Reserve for the token; the reservation's number."""
    until = at(hours=-1)
    request, command = await station.command(
        "reserve",
        {"id_token": ID_TOKEN, "expires_at": until} | args,
        "ReserveNow",
        {"status": status},
    )
    number = int(request.pop("id"))
    assert request == {"expiryDateTime": until, "idToken": TOKEN} | expected
    assert command["state"] == ("accepted" if status == "Accepted" else "rejected")
    return number


def state(station: OperatedStation, number: int) -> str:
    return Reservation.objects.get(charge_point=station.row, reservation_id=number).state


async def reserved(station: OperatedStation, args: Payload, expected: Payload) -> int:
    number = await reserve(station, args, expected)
    assert state(station, number) == "active"
    await station.connector_is("Reserved")
    return number


async def update(station: OperatedStation, number: int, status: str) -> None:
    payload = {"reservationId": number, "reservationUpdateStatus": status}
    assert await station.call("ReservationStatusUpdate", payload) == {}
    assert state(station, number) == status.lower()
    assert station.events("reservation.changed")[-1].data["state"] == status.lower()


async def test_tc_h_01_csms_reserves_an_evse(station: OperatedStation) -> None:
    number = await reserved(station, EVSE_1, {"evseId": 1})
    charging = Charging(station)
    await charging.tell(
        "Started", "Authorized", idToken=TOKEN, evse={"id": 1}, reservationId=number
    )
    assert state(station, number) == "used"


async def test_tc_h_07_csms_learns_that_it_expired(station: OperatedStation) -> None:
    number = await reserved(station, EVSE_1, {"evseId": 1})
    await station.connector_is("Available")
    await update(station, number, "Expired")


async def test_tc_h_08_csms_reserves_any_evse(station: OperatedStation) -> None:
    await reserved(station, {}, {})


async def test_tc_h_14_csms_reserves_all_evses(station: OperatedStation) -> None:
    numbers = [await reserve(station, {}, {}) for _ in range(2)]
    assert len(set(numbers)) == 2
    for evse_id in (1, 2):
        await station.connector_is("Reserved", evse_id)


async def test_tc_h_15_csms_reserves_a_type_of_connector(station: OperatedStation) -> None:
    await reserved(station, {"connector_type": "cType2"}, {"connectorType": "cType2"})


async def test_tc_h_17_csms_cancels_a_reservation(station: OperatedStation) -> None:
    number = await reserved(station, EVSE_1, {"evseId": 1})
    request, command = await station.command(
        "cancel_reservation",
        {"reservation_id": number},
        "CancelReservation",
        {"status": "Accepted"},
    )
    assert request == {"reservationId": number}
    assert command["state"] == "accepted"
    assert state(station, number) == "cancelled"
    await station.connector_is("Available")


async def test_tc_h_19_csms_reserves_for_a_group(station: OperatedStation) -> None:
    group = {"groupIdToken": {"idToken": "DEPOT-GROUP", "type": "Central"}}
    await reserved(station, EVSE_1 | {"group_id_token": "DEPOT-GROUP"}, {"evseId": 1} | group)


async def test_tc_h_20_csms_learns_that_the_fault_removed_it(station: OperatedStation) -> None:
    number = await reserved(station, EVSE_1, {"evseId": 1})
    await station.connector_is("Faulted")
    await update(station, number, "Removed")


async def test_tc_h_22_csms_is_rejected(station: OperatedStation) -> None:
    number = await reserve(station, EVSE_1, {"evseId": 1}, "Rejected")
    assert state(station, number) == "rejected"


async def test_a_reservation_whose_answer_was_lost_ends_all_the_same(
    station: OperatedStation,
) -> None:
    posted = await station.post("reserve", {"id_token": ID_TOKEN, "expires_at": at(hours=-1)})
    assert posted.status_code == 202, posted.text
    _, request = await station.charger.expect_call("ReserveNow")
    await station.reconnect()
    assert state(station, request["id"]) == "requested"
    await update(station, request["id"], "Expired")


async def test_a_reservation_that_nobody_mentions_again_ends_with_its_time(
    station: OperatedStation,
) -> None:
    args = {"id_token": ID_TOKEN, "expires_at": at(seconds=-2)}
    assert (await station.post("reserve", args)).status_code == 202
    _, request = await station.charger.expect_call("ReserveNow")
    await station.reconnect()
    await eventually(lambda: state(station, request["id"]) == "expired")
    (told,) = station.events("reservation.changed")
    assert told.data["state"] == "expired"


async def test_a_reservation_that_is_answered_by_an_error_is_rejected(
    station: OperatedStation,
) -> None:
    args = {"id_token": ID_TOKEN, "expires_at": at(hours=-1)}
    assert (await station.post("reserve", args)).status_code == 202
    message_id, request = await station.charger.expect_call("ReserveNow")
    await station.charger.answer_error(message_id, "NotSupported")
    await eventually(lambda: state(station, request["id"]) == "rejected")
