"""O Display messages: the CSMS test cases of OCPP 2.0.1, part 6."""

from datetime import datetime
from typing import Any

from chargepoints.models import DisplayMessage
from tests.operated import Payload, at
from tests.operated_station import OperatedStation

MESSAGE: Payload = {
    "content": "Please move your car",
    "format": "UTF8",
    "priority": "in_front",
    "state": "charging",
}
IN_THREE_DAYS = at(days=-3)


async def show(
    station: OperatedStation, status: str = "Accepted", **args: Any
) -> tuple[Payload, Payload]:
    """What the station was asked to show, and the command."""
    request, command = await station.command(
        "display_message", MESSAGE | args, "SetDisplayMessage", {"status": status}
    )
    message = request["message"]
    assert message["priority"] == "InFront"
    assert message["state"] == "Charging"
    content = {"format": "UTF8", "content": "Please move your car"}
    assert message["message"].items() >= content.items()
    return message, command


def known(station: OperatedStation) -> list[int]:
    rows = DisplayMessage.objects.filter(charge_point=station.row).order_by("number")
    return list(rows.values_list("number", flat=True))


async def test_tc_o_01_csms_shows_a_message(station: OperatedStation) -> None:
    message, command = await show(station)
    assert command["state"] == "accepted"
    assert known(station) == [message["id"]]
    (told,) = station.events("display_message.changed")
    assert told.data == {"id": message["id"], "shown": True}


async def get(
    station: OperatedStation, args: Payload, expected: Payload, *parts: list[Payload]
) -> Payload:
    """Ask for messages; the station reports them in these parts."""
    request, command = await station.command(
        "get_display_messages", args, "GetDisplayMessages", {"status": "Accepted"}
    )
    assert {name: value for name, value in request.items() if name != "requestId"} == expected
    for number, part in enumerate(parts, start=1):
        report = {"requestId": request["requestId"], "tbc": number < len(parts)}
        assert await station.call("NotifyDisplayMessages", report | {"messageInfo": part}) == {}
    settled = await station.settled(command)
    assert settled.state == "effect_confirmed"
    assert settled.result == list(parts)
    return request


def info(number: int) -> Payload:
    content = {"format": "UTF8", "content": f"Message {number}"}
    return {"id": number, "priority": "NormalCycle", "message": content}


async def test_tc_o_02_csms_lists_all_messages(station: OperatedStation) -> None:
    await get(station, {}, {}, [info(1), info(2)], [info(3)])
    assert known(station) == [1, 2, 3]


async def test_a_new_message_never_takes_the_number_of_another(station: OperatedStation) -> None:
    """O06: it would replace a message that the station had before."""
    request, _ = await station.command(
        "get_display_messages", {}, "GetDisplayMessages", {"status": "Accepted"}
    )
    number = request["requestId"]
    theirs = [info(number + 1), info(number + 2)]
    await station.call("NotifyDisplayMessages", {"requestId": number, "messageInfo": theirs})
    message, _ = await show(station)
    assert known(station) == [number + 1, number + 2, message["id"]]


async def test_a_message_that_a_whole_list_leaves_out_is_gone(station: OperatedStation) -> None:
    message, _ = await show(station)
    await get(station, {"state": "idle"}, {"state": "Idle"}, [info(70)])
    assert known(station) == [message["id"], 70]
    await get(station, {}, {}, [info(71)], [info(70)])
    assert known(station) == [70, 71]
    told = station.events("display_message.changed")[-2:]
    assert {"id": message["id"], "shown": False} in [event.data for event in told]


async def test_what_the_station_shows_is_told_over_the_api(station: OperatedStation) -> None:
    message, _ = await show(station, start_at=IN_THREE_DAYS, language="en")
    (told,) = (await station.http("GET", "display-messages")).json()["results"]
    assert told.pop("read_at")
    assert datetime.fromisoformat(told.pop("start_at")) == datetime.fromisoformat(IN_THREE_DAYS)
    assert told == MESSAGE | {
        "id": message["id"],
        "language": "en",
        "translations": [],
        "transaction_id": None,
        "end_at": None,
    }


async def none_found(station: OperatedStation, args: Payload) -> Payload:
    _, command = await station.command(
        "get_display_messages", args, "GetDisplayMessages", {"status": "Unknown"}
    )
    assert (command["state"], command["error"]["code"]) == ("rejected", "Unknown")
    return command


async def test_tc_o_03_csms_learns_that_there_is_none(station: OperatedStation) -> None:
    await show(station)
    await none_found(station, {})
    assert known(station) == []


async def clear(station: OperatedStation, number: int, status: str) -> Payload:
    request, command = await station.command(
        "clear_display_message", {"id": number}, "ClearDisplayMessage", {"status": status}
    )
    assert request == {"id": number}
    return command


async def test_tc_o_04_csms_clears_a_message(station: OperatedStation) -> None:
    message, _ = await show(station)
    command = await clear(station, message["id"], "Accepted")
    assert command["state"] == "accepted"
    assert known(station) == []


async def test_tc_o_05_csms_clears_what_is_not_there(station: OperatedStation) -> None:
    command = await clear(station, 404, "Unknown")
    assert (command["state"], command["error"]["code"]) == ("rejected", "Unknown")


async def test_tc_o_06_csms_shows_for_a_transaction(station: OperatedStation) -> None:
    charging = await station.charging()
    message, _ = await show(station, transaction_id=charging.transaction_id)
    assert message["transactionId"] == charging.transaction_id
    assert known(station) == [message["id"]]
    assert await charging.tell("Ended", "EVCommunicationLost", "Idle") == {}
    # O02.FR.02: it ends with its transaction.
    assert known(station) == []
    assert station.events("display_message.changed")[-1].data["shown"] is False


async def test_tc_o_07_csms_asks_for_one_by_number(station: OperatedStation) -> None:
    await get(station, {"ids": [7]}, {"id": [7]}, [info(7)])


async def test_tc_o_08_csms_asks_by_priority(station: OperatedStation) -> None:
    args = {"priority": "normal_cycle"}
    await get(station, args, {"priority": "NormalCycle"}, [info(7)])


async def test_tc_o_09_csms_asks_by_state(station: OperatedStation) -> None:
    await get(station, {"state": "idle"}, {"state": "Idle"}, [info(7)])


async def test_tc_o_10_csms_names_a_transaction_that_is_unknown(station: OperatedStation) -> None:
    await station.charging()
    message, command = await show(station, "UnknownTransaction", transaction_id="no-such-thing")
    assert message["transactionId"] == "no-such-thing"
    assert (command["state"], command["error"]["code"]) == ("rejected", "UnknownTransaction")
    assert known(station) == []


async def test_tc_o_11_csms_asks_for_what_is_unknown(station: OperatedStation) -> None:
    await show(station)
    await none_found(station, {"ids": [404]})
    assert len(known(station)) == 1


async def test_tc_o_12_csms_replaces_a_message(station: OperatedStation) -> None:
    message, _ = await show(station)
    again, _ = await show(station, id=message["id"])
    assert again["id"] == message["id"]
    assert known(station) == [message["id"]]


async def test_tc_o_13_csms_shows_from_a_time_on(station: OperatedStation) -> None:
    message, _ = await show(station, start_at=IN_THREE_DAYS)
    assert message["startDateTime"] == IN_THREE_DAYS


async def test_tc_o_14_csms_shows_until_a_time(station: OperatedStation) -> None:
    message, _ = await show(station, end_at=IN_THREE_DAYS)
    assert message["endDateTime"] == IN_THREE_DAYS


async def rejected(station: OperatedStation, status: str) -> None:
    _, command = await show(station, status)
    assert (command["state"], command["error"]["code"]) == ("rejected", status)
    assert known(station) == []


async def test_tc_o_17_csms_asks_for_an_unsupported_priority(station: OperatedStation) -> None:
    await rejected(station, "NotSupportedPriority")


async def test_tc_o_18_csms_asks_for_an_unsupported_state(station: OperatedStation) -> None:
    await rejected(station, "NotSupportedState")


async def test_tc_o_19_csms_asks_for_an_unsupported_format(station: OperatedStation) -> None:
    await rejected(station, "NotSupportedMessageFormat")


async def test_tc_o_25_csms_shows_in_one_state(station: OperatedStation) -> None:
    message, command = await show(station)
    assert (message["state"], command["state"]) == ("Charging", "accepted")


async def test_tc_o_26_csms_is_rejected(station: OperatedStation) -> None:
    await rejected(station, "Rejected")


async def for_a_transaction(station: OperatedStation, **args: str) -> Payload:
    """What is shown for a transaction under way, beyond its content; errata 6.3.25, 6.3.26."""
    charging = await station.charging()
    wanted = {"content": "Hello", "transaction_id": charging.transaction_id} | args
    request, _ = await station.command(
        "display_message", wanted, "SetDisplayMessage", {"status": "Accepted"}
    )
    message: Payload = request["message"]
    assert message.pop("transactionId") == charging.transaction_id
    assert known(station) == [message.pop("id")]
    assert message.pop("message") == {"format": "UTF8", "content": "Hello"}
    return message


async def test_tc_o_27_csms_shows_for_a_transaction_from_a_time_on(
    station: OperatedStation,
) -> None:
    message = await for_a_transaction(station, start_at=IN_THREE_DAYS)
    assert message == {"priority": "NormalCycle", "startDateTime": IN_THREE_DAYS}


async def test_tc_o_28_csms_shows_for_a_transaction_until_a_time(
    station: OperatedStation,
) -> None:
    message = await for_a_transaction(station, end_at=IN_THREE_DAYS, priority="in_front")
    assert message == {"priority": "InFront", "endDateTime": IN_THREE_DAYS}
