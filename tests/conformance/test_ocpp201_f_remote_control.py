"""F Remote control: the CSMS test cases of OCPP 2.0.1, part 6."""

from typing import Any

from chargepoints.models import Message, MeterValue
from tests.operated import Payload, at
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation, energy

START: Payload = {"id_token": {"value": "04A1B2", "type": "ISO14443"}, "evse_id": 1}


async def start(station: OperatedStation, **answer: Any) -> tuple[int, Payload]:
    """Ask for a start through the API; its remoteStartId, and the command."""
    request, command = await station.command(
        "start", START, "RequestStartTransaction", {"status": "Accepted"} | answer
    )
    remote_start_id = request.pop("remoteStartId")
    assert request == {"idToken": TOKEN, "evseId": 1}
    return remote_start_id, command


async def started(station: OperatedStation, command: Payload) -> None:
    """The command is tied to the transaction that it brought."""
    settled = await station.settled(command)
    assert settled.state == "effect_confirmed"
    (row,) = station.transactions()
    assert settled.transaction_id == row.pk


async def test_tc_f_01_csms_starts_when_the_cable_is_in(station: OperatedStation) -> None:
    await station.connector_is("Occupied")
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
    remote_start_id, command = await start(station, transactionId=charging.transaction_id)
    info = {"remoteStartId": remote_start_id}
    await charging.tell("Updated", "RemoteStart", info=info, idToken=TOKEN)
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    await started(station, command)


async def test_tc_f_02_csms_starts_first_and_is_asked(station: OperatedStation) -> None:
    remote_start_id, command = await start(station)
    answer = await station.call("Authorize", {"idToken": TOKEN})
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await begin(station, remote_start_id)
    await started(station, command)


async def begin(station: OperatedStation, remote_start_id: int) -> Charging:
    charging = Charging(station)
    info = {"remoteStartId": remote_start_id}
    answer = await charging.tell("Started", "RemoteStart", info=info, idToken=TOKEN, evse=EVSE)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    return charging


async def test_tc_f_03_csms_starts_first_and_is_not_asked(station: OperatedStation) -> None:
    remote_start_id, command = await start(station)
    charging = await begin(station, remote_start_id)
    await charging.tell("Updated", "CablePluggedIn", "EVConnected")
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    await started(station, command)


async def test_tc_f_04_csms_starts_and_no_cable_comes(station: OperatedStation) -> None:
    remote_start_id, command = await start(station)
    charging = await begin(station, remote_start_id)
    assert await charging.tell("Updated", "EVConnectTimeout") == {}
    await started(station, command)


async def test_a_start_that_is_rejected_says_so(station: OperatedStation) -> None:
    _, command = await station.command(
        "start", START, "RequestStartTransaction", {"status": "Rejected"}
    )
    assert (command["state"], command["error"]["class"]) == ("rejected", "station")


async def test_a_start_names_the_group_that_an_evse_is_reserved_for(
    station: OperatedStation,
) -> None:
    """F01.FR.22."""
    args = START | {"group_id_token": "DEPOT-GROUP"}
    request, _ = await station.command(
        "start", args, "RequestStartTransaction", {"status": "Rejected"}
    )
    assert request["groupIdToken"] == {"idToken": "DEPOT-GROUP", "type": "Central"}


async def test_tc_f_06_csms_unlocks_a_connector(station: OperatedStation) -> None:
    request, command = await station.command(
        "unlock", {"evse_id": 1, "connector_id": 2}, "UnlockConnector", {"status": "Unlocked"}
    )
    assert request == {"evseId": 1, "connectorId": 2}
    assert command["state"] == "accepted"


async def test_a_connector_that_stays_locked_says_so(station: OperatedStation) -> None:
    answer = {"status": "OngoingAuthorizedTransaction"}
    _, command = await station.command("unlock", {"evse_id": 1}, "UnlockConnector", answer)
    assert command["error"]["code"] == "OngoingAuthorizedTransaction"


async def trigger(
    station: OperatedStation, message: str, status: str = "Accepted", **where: int
) -> Payload:
    request, command = await station.command(
        "trigger", {"message": message} | where, "TriggerMessage", {"status": status}
    )
    assert request["requestedMessage"] == message
    assert request.get("evse", {}).get("id") == where.get("evse_id")
    assert command["state"] == ("accepted" if status == "Accepted" else "rejected")
    return command


async def test_tc_f_11_csms_triggers_meter_values_of_an_evse(station: OperatedStation) -> None:
    await trigger(station, "MeterValues", evse_id=1)
    values = {"evseId": 1, "meterValue": [energy(100.0, "Trigger")]}
    assert await station.call("MeterValues", values) == {}


async def test_tc_f_12_csms_triggers_meter_values_of_all(station: OperatedStation) -> None:
    await trigger(station, "MeterValues")
    for evse_id in (1, 2):
        values = {"evseId": evse_id, "meterValue": [energy(100.0, "Trigger")]}
        assert await station.call("MeterValues", values) == {}


async def test_tc_f_13_csms_triggers_a_transaction_event_of_an_evse(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    await trigger(station, "TransactionEvent", evse_id=1)
    values = [energy(100.0, "Trigger")]
    answer = await charging.tell("Updated", "Trigger", "Charging", evse=EVSE, meterValue=values)
    assert answer == {}


async def test_tc_f_14_csms_triggers_transaction_events_of_all(station: OperatedStation) -> None:
    charging = await station.charging()
    await trigger(station, "TransactionEvent")
    values = [energy(100.0, "Trigger")]
    assert await charging.tell("Updated", "Trigger", "Charging", meterValue=values) == {}


async def test_tc_f_20_csms_triggers_a_heartbeat(station: OperatedStation) -> None:
    await trigger(station, "Heartbeat")
    assert "currentTime" in await station.call("Heartbeat", {})


async def test_tc_f_23_csms_triggers_a_status_that_is_available(station: OperatedStation) -> None:
    await trigger(station, "StatusNotification", evse_id=1, connector_id=1)
    await station.connector_is("Available")


async def test_tc_f_24_csms_triggers_a_status_that_is_occupied(station: OperatedStation) -> None:
    await station.connector_is("Occupied")
    await trigger(station, "StatusNotification", evse_id=1, connector_id=1)
    await station.connector_is("Occupied")
    # The same news again is no news for core.
    occupied = [
        event
        for event in station.events("connector.status_changed")
        if event.data["status"] == "occupied"
    ]
    assert len(occupied) == 1


async def test_a_status_is_asked_for_of_one_connector(station: OperatedStation) -> None:
    """F06.FR.13: unnamed, of the only one that is known."""
    request, _ = await station.command(
        "trigger",
        {"message": "StatusNotification"},
        "TriggerMessage",
        {"status": "Accepted"},
    )
    assert request["evse"] == {"id": 1, "connectorId": 1}
    await station.connector_is("Available", evse_id=2)
    refused = await station.refuses("trigger", {"message": "StatusNotification"})
    assert refused["code"] == "invalid_args"


async def test_tc_f_27_csms_triggers_what_is_not_implemented(station: OperatedStation) -> None:
    command = await trigger(station, "Heartbeat", "NotImplemented")
    assert command["error"]["code"] == "NotImplemented"


async def test_a_start_whose_event_has_no_token_takes_that_of_the_remote_start(
    station: OperatedStation,
) -> None:
    remote_start_id, _ = await start(station)
    charging = Charging(station)
    info = {"remoteStartId": remote_start_id}
    answer = await charging.tell("Started", "RemoteStart", "EVConnected", info=info, evse=EVSE)
    assert "idTokenInfo" not in answer
    (row,) = station.transactions()
    assert (row.id_token, row.id_token_type) == (TOKEN["idToken"], TOKEN["type"])


async def test_an_update_after_the_end_adds_to_the_history_and_changes_nothing_that_is_live(
    station: OperatedStation,
) -> None:
    charging = Charging(station)
    await charging.tell("Started", "Authorized", "Charging", idToken=TOKEN, evse=EVSE)
    await charging.tell("Ended", "StopAuthorized", stoppedReason="Local")
    (before,) = station.transactions()
    sample = {"timestamp": at(), "sampledValue": [{"value": 999.0}]}
    await charging.tell("Updated", "MeterValuePeriodic", "Charging", meterValue=[sample])
    (row,) = station.transactions()
    assert (row.charging_state, row.meter_latest_wh) == ("", before.meter_latest_wh)
    assert MeterValue.objects.filter(transaction=row).count() == 1
    message = Message.objects.filter(charge_point=station.row, action="TransactionEvent").first()
    assert message is not None and "updated_after_end" in message.deviations
