"""I Tariff and cost: the CSMS test cases of OCPP 2.0.1, part 6."""

from tests.operated import Payload
from tests.operated_station import EVSE, TOKEN, Charging, OperatedStation, energy


async def tell_cost(station: OperatedStation, transaction_id: str, cost: float) -> Payload:
    args = {"transaction_id": transaction_id, "total_cost": cost}
    request, command = await station.command("update_cost", args, "CostUpdated", {})
    assert request == {"transactionId": transaction_id, "totalCost": cost}
    return command


async def test_tc_i_01_csms_shows_the_running_cost(station: OperatedStation) -> None:
    charging = await station.charging()
    for register, cost in ((1100.0, 0.45), (1200.0, 0.9)):
        values = [energy(register)]
        assert await charging.tell("Updated", "MeterValuePeriodic", meterValue=values) == {}
        command = await tell_cost(station, charging.transaction_id, cost)
        assert command["state"] == "accepted"


async def ended(station: OperatedStation, cost: float | None) -> Payload:
    """The whole transaction with the registers of errata 6.3.12; the answer to its end."""
    charging, begin = Charging(station), energy(1000.0, "Transaction.Begin")
    await charging.tell("Started", "CablePluggedIn", "EVConnected", evse=EVSE, meterValue=[begin])
    await charging.tell("Updated", "Authorized", "EVConnected", idToken=TOKEN)
    await charging.tell("Updated", "ChargingStateChanged", "Charging")
    if cost is not None:
        await tell_cost(station, charging.transaction_id, cost)
    await charging.tell("Updated", "StopAuthorized", "EVConnected", idToken=TOKEN)
    await station.connector_is("Available")
    end, info = energy(6000.0, "Transaction.End"), {"stoppedReason": "EVDisconnected"}
    answer = await charging.tell(
        "Ended", "EVCommunicationLost", "Idle", info=info, meterValue=[end]
    )
    (told,) = station.events("transaction.ended")
    assert told.data["energy_wh"] == 5000.0
    return answer


async def test_tc_i_02_csms_shows_the_final_cost(station: OperatedStation) -> None:
    assert await ended(station, 12.5) == {"totalCost": 12.5}


async def test_without_a_cost_from_core_there_is_none_to_show(station: OperatedStation) -> None:
    assert await ended(station, None) == {}


async def test_a_cost_has_six_decimal_places_at_most(station: OperatedStation) -> None:
    """Part 2, primitive datatypes: of what is sent to a station."""
    charging = await station.charging()
    args = {"transaction_id": charging.transaction_id, "total_cost": 0.1 + 0.2}
    request, _ = await station.command("update_cost", args, "CostUpdated", {})
    assert request["totalCost"] == 0.3
