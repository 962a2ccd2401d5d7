"""G Availability: the CSMS test cases of OCPP 2.0.1, part 6."""

from chargepoints.models import Connector, MonitoringEvent
from tests.operated import Payload
from tests.operated_station import TOKEN, OperatedStation, alert

EVSE_ONLY: Payload = {"evse_id": 1}
CONNECTOR: Payload = {"evse_id": 1, "connector_id": 1}


async def change(
    station: OperatedStation, availability: str, where: Payload, status: str = "Accepted"
) -> None:
    request, command = await station.command(
        "set_availability",
        {"availability": availability} | where,
        "ChangeAvailability",
        {"status": status},
    )
    evse: Payload = {"id": where["evse_id"]} if where else {}
    if "connector_id" in where:
        evse["connectorId"] = where["connector_id"]
    expected: Payload = {"operationalStatus": availability.capitalize()}
    assert request == expected | ({"evse": evse} if evse else {})
    assert command["state"] == "accepted"


async def now_is(station: OperatedStation, status: str) -> None:
    await station.connector_is(status)
    connector = Connector.objects.get(evse__charge_point=station.row, connector_id=1)
    assert connector.ocpp_status == status


async def out_and_in(station: OperatedStation, where: Payload) -> None:
    await change(station, "inoperative", where)
    await now_is(station, "Unavailable")
    await change(station, "operative", where)
    await now_is(station, "Available")


async def test_tc_g_03_csms_takes_an_evse_out_of_service(station: OperatedStation) -> None:
    await change(station, "inoperative", EVSE_ONLY)
    await now_is(station, "Unavailable")


async def test_tc_g_04_csms_takes_an_evse_into_service(station: OperatedStation) -> None:
    await out_and_in(station, EVSE_ONLY)


async def test_tc_g_05_csms_takes_the_station_out_of_service(station: OperatedStation) -> None:
    await change(station, "inoperative", {})
    await now_is(station, "Unavailable")


async def test_tc_g_06_csms_takes_the_station_into_service(station: OperatedStation) -> None:
    await out_and_in(station, {})


async def test_tc_g_07_csms_takes_a_connector_out_of_service(station: OperatedStation) -> None:
    await change(station, "inoperative", CONNECTOR)
    await now_is(station, "Unavailable")


async def test_tc_g_08_csms_takes_a_connector_into_service(station: OperatedStation) -> None:
    await out_and_in(station, CONNECTOR)


async def scheduled(station: OperatedStation, where: Payload) -> None:
    """Out of service once the transaction is over."""
    charging = await station.charging()
    await change(station, "inoperative", where, "Scheduled")
    await charging.tell("Updated", "StopAuthorized", "EVConnected", idToken=TOKEN)
    info = {"stoppedReason": "Local"}
    await charging.tell("Ended", "EVCommunicationLost", "Idle", info=info)
    await now_is(station, "Unavailable")


async def test_tc_g_11_csms_evse_during_a_transaction(station: OperatedStation) -> None:
    await scheduled(station, EVSE_ONLY)


async def test_tc_g_14_csms_station_during_a_transaction(station: OperatedStation) -> None:
    await scheduled(station, {})


async def test_tc_g_17_csms_connector_during_a_transaction(station: OperatedStation) -> None:
    await scheduled(station, CONNECTOR)


async def test_tc_g_20_csms_is_told_of_a_lock_that_failed(station: OperatedStation) -> None:
    event = alert("ConnectorPlugRetentionLock", "Problem", "true", 1, 1)
    assert await station.call("NotifyEvent", event) == {}
    kept = MonitoringEvent.objects.get(
        charge_point=station.row, component="ConnectorPlugRetentionLock"
    )
    assert (kept.variable, kept.actual_value) == ("Problem", "true")


async def test_the_status_of_the_station_itself_is_told_by_an_event(
    station: OperatedStation,
) -> None:
    event = alert("ChargingStation", "AvailabilityState", "Unavailable")
    assert await station.call("NotifyEvent", event) == {}
    (told,) = station.events("charge_point.status_changed")
    assert (told.data["status"], told.data["ocpp_status"]) == ("unavailable", "Unavailable")
    shown = (await station.api("GET", f"charge-points/{station.row.identity}")).json()
    assert shown["status"] == "unavailable"
