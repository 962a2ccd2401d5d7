"""E Transactions: the CSMS test cases of OCPP 2.0.1, part 6."""

from typing import Any

import pytest

from chargepoints.models import Command, MeterValue
from tests.operated import Payload, eventually
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation, energy


async def authorize(station: OperatedStation, token: Payload | None = None) -> Payload:
    answer = await station.call("Authorize", {"idToken": token or TOKEN})
    info: Payload = answer["idTokenInfo"]
    return info


async def start_by_energy(station: OperatedStation, trigger: str, state: str, **more: Any) -> None:
    """Authorized and plugged in first; the transaction starts later."""
    assert (await authorize(station))["status"] == "Accepted"
    await station.connector_is("Occupied")
    charging = Charging(station)
    answer = await charging.tell("Started", trigger, state, idToken=TOKEN, evse=EVSE, **more)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    (row,) = station.transactions()
    assert (row.id_token, row.evse_id, row.charging_state) == ("04A1B2", 1, "Charging")


async def end(station: OperatedStation, charging: Charging, trigger: str, **info: Any) -> None:
    """The Ended event; the transaction is over with the reason the station gave."""
    assert await charging.tell("Ended", trigger, info=info) == {}
    (row,) = station.transactions()
    assert row.ended_at is not None
    assert row.stop_reason == info.get("stoppedReason", "Local")
    assert len(station.events("transaction.ended")) == 1


async def test_tc_e_01_csms_starts_when_the_power_path_is_closed(station: OperatedStation) -> None:
    await start_by_energy(station, "ChargingStateChanged", "SuspendedEVSE")


async def test_tc_e_02_csms_starts_with_the_energy_transfer(station: OperatedStation) -> None:
    await start_by_energy(station, "ChargingStateChanged", "Charging")


async def test_tc_e_03_csms_cable_first(station: OperatedStation) -> None:
    await station.connector_is("Occupied")
    charging = Charging(station)
    await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
    assert (await authorize(station))["status"] == "Accepted"
    answer = await charging.tell("Updated", "Authorized", "EVConnected", idToken=TOKEN)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    (row,) = station.transactions()
    assert (row.id_token, row.authorization_status) == ("04A1B2", "accepted")


async def test_tc_e_04_csms_authorization_first(station: OperatedStation) -> None:
    assert (await authorize(station))["status"] == "Accepted"
    charging = Charging(station)
    answer = await charging.tell("Started", "Authorized", idToken=TOKEN)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await station.connector_is("Occupied")
    await charging.tell("Updated", "CablePluggedIn", "EVConnected", evse=EVSE)
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    (row,) = station.transactions()
    assert (row.evse_id, row.connector_id) == (1, 1)


async def test_tc_e_39_csms_ends_when_no_car_is_plugged_in(station: OperatedStation) -> None:
    assert (await authorize(station))["status"] == "Accepted"
    charging = Charging(station)
    await charging.tell("Started", "Authorized", idToken=TOKEN)
    await end(station, charging, "EVConnectTimeout", stoppedReason="Timeout")


async def test_tc_e_14_csms_ends_when_the_cable_is_pulled(station: OperatedStation) -> None:
    charging = await station.charging()
    await charging.tell("Updated", "StopAuthorized", "EVConnected", idToken=TOKEN)
    await end(
        station,
        charging,
        "EVCommunicationLost",
        chargingState="Idle",
        stoppedReason="EVDisconnected",
    )
    await station.connector_is("Available")


async def test_tc_e_20_csms_ends_when_the_car_lets_go(station: OperatedStation) -> None:
    charging = await station.charging()
    await charging.tell("Updated", "ChargingStateChanged", "SuspendedEV")
    await end(station, charging, "EVCommunicationLost", stoppedReason="EVDisconnected")
    await station.connector_is("Available")


async def test_tc_e_15_csms_ends_by_the_local_token(station: OperatedStation) -> None:
    await end(station, await station.charging(), "StopAuthorized", stoppedReason="Local")


async def test_tc_e_21_csms_ends_by_remote_stop(station: OperatedStation) -> None:
    charging = await station.charging()
    args = {"transaction_id": charging.transaction_id}
    request, command = await station.command(
        "stop", args, "RequestStopTransaction", {"status": "Accepted"}
    )
    assert request == {"transactionId": charging.transaction_id}
    await end(station, charging, "RemoteStop", stoppedReason="Remote")
    assert (await station.settled(command)).state == "effect_confirmed"


async def test_tc_e_09_csms_starts_when_the_car_is_connected(station: OperatedStation) -> None:
    await station.connector_is("Occupied")
    charging = Charging(station)
    answer = await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
    assert answer == {}
    assert len(station.events("transaction.started")) == 1


async def test_tc_e_10_csms_starts_when_authorized(station: OperatedStation) -> None:
    assert (await authorize(station))["status"] == "Accepted"
    answer = await Charging(station).tell("Started", "Authorized", idToken=TOKEN)
    assert answer["idTokenInfo"]["status"] == "Accepted"


async def test_tc_e_11_csms_starts_when_data_is_signed(station: OperatedStation) -> None:
    signed = {
        "signedMeterData": "T0NNRnx7fQ==",
        "signingMethod": "",
        "encodingMethod": "OCMF",
        "publicKey": "",
    }
    begin = energy(0.0, "Transaction.Begin", signedMeterValue=signed)
    await start_by_energy(station, "SignedDataReceived", "EVConnected", meterValue=[begin])
    kept = MeterValue.objects.get(charge_point=station.row)
    assert kept.samples == begin["sampledValue"]


async def test_tc_e_12_csms_starts_when_the_bay_is_occupied(station: OperatedStation) -> None:
    assert await Charging(station).tell("Started", "EVDetected") == {}
    assert len(station.transactions()) == 1


async def test_tc_e_38_csms_car_that_is_not_ready(station: OperatedStation) -> None:
    charging = Charging(station)
    await charging.tell("Started", "Authorized", idToken=TOKEN)
    await charging.tell("Updated", "CablePluggedIn", "EVConnected", evse=EVSE)
    assert await charging.tell("Updated", "ChargingStateChanged", "SuspendedEV") == {}
    (row,) = station.transactions()
    assert row.charging_state == "SuspendedEV"


async def test_tc_e_07_csms_ends_with_the_power_path(station: OperatedStation) -> None:
    await end(station, await station.charging(), "StopAuthorized", stoppedReason="Local")


async def test_tc_e_08_csms_ends_with_the_energy_after_a_stop(station: OperatedStation) -> None:
    charging = await station.charging()
    await charging.tell("Updated", "StopAuthorized", "EVConnected", idToken=TOKEN)
    await end(station, charging, "ChargingStateChanged", stoppedReason="Local")


async def test_tc_e_16_csms_ends_for_an_invalid_token(station: OperatedStation) -> None:
    charging = Charging(station)
    invalid = {"idToken": "INVALID1", "type": "ISO14443"}
    answer = await charging.tell("Started", "Authorized", idToken=invalid)
    assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")
    await end(station, charging, "Deauthorized", stoppedReason="DeAuthorized")


async def test_tc_e_17_csms_ends_when_the_car_side_is_unplugged(station: OperatedStation) -> None:
    charging = await station.charging()
    await charging.tell("Updated", "ChargingStateChanged", "SuspendedEV")
    await end(
        station,
        charging,
        "EVCommunicationLost",
        chargingState="Idle",
        stoppedReason="EVDisconnected",
    )


async def test_tc_e_22_csms_ends_when_the_car_suspends(station: OperatedStation) -> None:
    await end(
        station,
        await station.charging(),
        "ChargingStateChanged",
        chargingState="SuspendedEV",
        stoppedReason="StoppedByEV",
    )


async def test_tc_e_19_csms_ends_when_the_bay_is_left(station: OperatedStation) -> None:
    charging = await station.charging()
    await charging.tell("Updated", "EVCommunicationLost", "Idle")
    await end(station, charging, "EVDeparted", stoppedReason="Local")


async def test_tc_e_26_csms_cable_pulled_and_plugged_in_again(station: OperatedStation) -> None:
    charging = await station.charging()
    await charging.tell("Updated", "ChargingStateChanged", "SuspendedEV")
    await charging.tell("Updated", "EVCommunicationLost", "Idle")
    await station.connector_is("Available")
    await charging.tell("Updated", "CablePluggedIn", "EVConnected")
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    (row,) = station.transactions()
    assert (row.ended_at, row.charging_state) == (None, "Charging")


async def ask_status(
    station: OperatedStation, transaction_id: str | None, **answer: bool
) -> Command:
    args = {"transaction_id": transaction_id} if transaction_id else {}
    request, command = await station.command(
        "get_transaction_status", args, "GetTransactionStatus", answer
    )
    assert request == ({"transactionId": transaction_id} if transaction_id else {})
    assert command["ocpp"]["response"] == answer
    return await station.settled(command)


async def tell_offline(station: OperatedStation, charging: Charging) -> None:
    """After a reconnect: what was metered meanwhile."""
    answer = await charging.tell(
        "Updated", "MeterValuePeriodic", meterValue=[energy(500.0)], offline=True
    )
    assert answer == {}
    (row,) = station.transactions()
    assert row.meter_latest_wh == 500.0


async def test_tc_e_29_csms_asks_of_one_under_way_with_messages_queued(
    station: OperatedStation,
) -> None:
    charging = await station.charging()
    await station.reconnect()
    await station.boot()
    asked = await ask_status(
        station, charging.transaction_id, ongoingIndicator=True, messagesInQueue=True
    )
    assert asked.state == "accepted"
    await tell_offline(station, charging)


async def test_tc_e_30_csms_asks_of_one_under_way(station: OperatedStation) -> None:
    charging = await station.charging()
    await ask_status(station, charging.transaction_id, ongoingIndicator=True, messagesInQueue=False)


async def test_tc_e_31_csms_asks_of_one_that_ended_with_a_gap(station: OperatedStation) -> None:
    """The gateway asks by itself when numbers are missing at the end (E14)."""
    charging = await station.charging()
    await station.reconnect()
    await station.boot()
    await station.connector_is("Available")
    skipped = [
        charging.event("Updated", "StopAuthorized", offline=True, idToken=TOKEN),
        charging.event(
            "Updated", "ChargingStateChanged", offline=True, info={"chargingState": "EVConnected"}
        ),
    ]
    info = {"stoppedReason": "EVDisconnected"}
    await charging.tell("Ended", "EVCommunicationLost", "Idle", offline=True, info=info)
    answer = {"ongoingIndicator": False, "messagesInQueue": True}
    assert await station.obey("GetTransactionStatus", answer) == {
        "transactionId": charging.transaction_id
    }
    for event in skipped:
        await station.call("TransactionEvent", event)
    (row,) = station.transactions()
    assert list(row.events.values_list("seq_no", flat=True)) == list(range(charging.seq_no))
    commands = Command.objects.filter(charge_point=station.row, type="get_transaction_status")
    (asked,) = await eventually(lambda: list(commands.exclude(finished_at=None)))
    assert asked.requested_by == "gateway"


async def test_tc_e_33_csms_asks_whether_anything_is_queued(station: OperatedStation) -> None:
    charging = await station.charging()
    await station.reconnect()
    await station.boot()
    await ask_status(station, None, messagesInQueue=True)
    await tell_offline(station, charging)


async def test_tc_e_34_csms_asks_when_nothing_is_queued(station: OperatedStation) -> None:
    await ask_status(station, None, messagesInQueue=False)


@pytest.mark.parametrize("numbering", ["from_zero", "running"])
async def test_tc_e_53_csms_takes_numbers_that_begin_again(
    station: OperatedStation, numbering: str
) -> None:
    seq_no = 0
    for _ in range(2):
        charging = Charging(station)
        charging.seq_no = seq_no
        await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE)
        await charging.tell("Updated", "Authorized", "Charging", idToken=TOKEN)
        info = {"stoppedReason": "EVDisconnected"}
        assert await charging.tell("Ended", "EVCommunicationLost", "Idle", info=info) == {}
        seq_no = charging.seq_no if numbering == "running" else 0
    first, second = station.transactions()
    assert first.ended_at is not None and second.ended_at is not None
    assert first.events.count() == second.events.count() == 3
