"""I Tariff and cost: the CSMS test cases of OCPP 2.0.1, part 6."""

from tests.operated import Payload
from tests.operated_station import OperatedStation, energy


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


async def test_tc_i_02_csms_shows_the_final_cost(station: OperatedStation) -> None:
    charging = await station.charging()
    await tell_cost(station, charging.transaction_id, 12.5)
    await station.connector_is("Available")
    info = {"stoppedReason": "EVDisconnected"}
    answer = await charging.tell("Ended", "EVCommunicationLost", "Idle", info=info)
    assert answer == {"totalCost": 12.5}


async def test_a_cost_has_six_decimal_places_at_most(station: OperatedStation) -> None:
    """Part 2, primitive datatypes: of what is sent to a station."""
    charging = await station.charging()
    args = {"transaction_id": charging.transaction_id, "total_cost": 0.1 + 0.2}
    request, _ = await station.command("update_cost", args, "CostUpdated", {})
    assert request["totalCost"] == 0.3
