"""S: batteries in and out."""

from tests.operated import Payload
from tests.operated_station import TOKEN, OperatedStation

BATTERY: Payload = {"evseId": 1, "serialNumber": "B-1", "soC": 15, "soH": 98}


def swap(number: int, event: str) -> Payload:
    return {
        "requestId": number,
        "eventType": event,
        "idToken": TOKEN,
        "batteryData": [BATTERY],
    }


async def test_a_swap_that_core_asks_for_is_confirmed_by_the_battery(
    station: OperatedStation,
) -> None:
    """S02, S03."""
    token = {"value": TOKEN["idToken"], "type": TOKEN["type"]}
    request, command = await station.command(
        "battery_swap", {"id_token": token}, "RequestBatterySwap", {"status": "Accepted"}
    )
    assert request["idToken"] == TOKEN
    number = request["requestId"]
    assert await station.call("BatterySwap", swap(number, "BatteryIn")) == {}
    assert (await station.settled(command)).state == "effect_confirmed"
    assert await station.call("BatterySwap", swap(number, "BatteryOut")) == {}
    events = station.events("battery.swapped")
    assert [each.data["direction"] for each in events] == ["in", "out"]
    told = events[0].data
    assert (told["request_id"], told["id_token"]) == (number, token)
    assert told["batteries"][0]["serial_number"] == "B-1"
    assert told["batteries"][0]["soc_percent"] == 15


async def test_a_swap_at_the_station_is_told_once(station: OperatedStation) -> None:
    """S01."""
    for _ in range(2):
        assert await station.call("BatterySwap", swap(77, "BatteryOutTimeout")) == {}
    (event,) = station.events("battery.swapped")
    assert event.data["direction"] == "out_timeout"
