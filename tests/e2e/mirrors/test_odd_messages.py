"""What a charger says oddly, and the gateway takes, the second central system is told as well."""

import json
from typing import Any

import pytest

from chargepoints.models import Message, Mirror
from tests.e2e.mirrors.conftest import meter, metered, mirrored
from tests.fakes.other_csms import FIRST_TRANSACTION, OtherSystem
from tests.operated import BOOT_16, OperatedCharger, at, eventually
from tests.operated_station import BOOT, OperatedStation
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy

THEIRS = FIRST_TRANSACTION + 1


def values(transaction: int, value: int) -> dict[str, Any]:
    element = {"timestamp": at(), "sampledValue": [{"value": str(value)}]}
    return {"connectorId": 1, "transactionId": transaction, "meterValue": [element]}


async def say(charger: OperatedCharger, text: str, replies: int = 1) -> None:
    """A text that is answered with results."""
    await charger.charger.send_text(text)
    for _ in range(replies):
        assert (await charger.charger.stray())[0] == 3


async def test_messages_that_were_taken_in_other_forms_are_told(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        number = (await charger.start("04A1"))["transactionId"]

        def frame(name: str, value: int) -> str:
            return json.dumps([2, name, "MeterValues", values(number, value)])

        await say(charger, frame("quotes", 1).replace('"', "'"))
        await say(charger, frame("comma", 2).replace("}]", ",}]"))
        await say(charger, frame("nul", 3) + "\x00")
        await say(charger, "\x00" + frame("nul before", 4).replace("04A1", "04A1\x00"))
        await say(charger, frame("one", 5) + frame("two", 6), replies=2)
        await say(charger, frame("a number", 7).replace('"a number"', "17"))
        await say(charger, frame("another case", 8).replace("MeterValues", "metervalues"))
        await say(charger, frame("a text", 9).replace(f": {number},", f': "{number}",'))
        await say(charger, frame("a name", 10).replace("transactionId", "transactionID"))
        await say(charger, frame("no id", 11).replace('"no id"', '""'))
        await say(charger, json.dumps(frame("in a text", 12)))
        await eventually(lambda: len(metered(other)) >= 12)
        assert metered(other) == list(range(1, 13))
        assert {each.get("transaction_id") for each in other.said["MeterValues"]} == {THEIRS}


async def test_a_raw_nul_in_a_token_is_left_out_as_it_is_here(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        start = {"connectorId": 1, "idTag": "04A1", "meterStart": 100, "timestamp": at()}
        text = json.dumps([2, "padded", "StartTransaction", start])
        await say(charger, text.replace("04A1", "04A1\x00\x00"))
        [told] = await eventually(lambda: other.said.get("StartTransaction", []))
        assert told["id_tag"] == "04A1"


async def test_many_texts_that_are_no_message_hold_up_nothing(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        for place in range(70):
            await charger.charger.send_text(f"no frame {place}")
        number = (await charger.start("04A1"))["transactionId"]
        await meter(charger, number, 500)
        await eventually(lambda: metered(other) == [500])


async def test_a_long_message_is_told_with_the_part_that_the_trace_keeps(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        number = (await charger.start("04A1"))["transactionId"]
        element = values(number, 5)["meterValue"][0]
        # In the order of the alphabet what is longest stands before what matters.
        stop = {
            "meterStop": 1100,
            "reason": "Local",
            "timestamp": at(),
            "transactionData": [element] * 3000,
            "transactionId": number,
        }
        assert await charger.call("StopTransaction", stop) == {}
        [told] = await eventually(lambda: other.said.get("StopTransaction", []))
        assert (told["transaction_id"], told["meter_stop"]) == (THEIRS, 1100)
        assert 1000 < len(told["transaction_data"]) < 3000
        kept = Message.objects.get(charge_point=charger.row, action="StopTransaction").request
        assert kept.endswith(
            f" ... ({len(json.dumps([2, 'x' * 36, 'StopTransaction', stop]))} characters)"
        )


async def test_what_cannot_be_read_again_is_counted(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other, enabled=False)
        await charger.status(1, "Available")
        number = (await charger.start("04A1"))["transactionId"]
        # As a release before this one may have stored it.
        kept = Message.objects.filter(charge_point=charger.row, action="StatusNotification")
        kept.update(request="x" * 131072 + " ... (140000 characters)")
        await mirrored(charger, other, enabled=True)
        await meter(charger, number, 500)
        await eventually(lambda: metered(other) == [500])
        assert (await charger.http("GET", "mirror")).json()["missed"] == 1


async def test_a_repeated_start_is_told_once_and_a_refused_one_when_it_is_taken(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=None, strict=True) as charger:
        await mirrored(charger, other)
        start = {"connectorId": 1, "idTag": "04A1", "meterStart": 100, "timestamp": at()}
        assert await charger.refused("StartTransaction", start) == "SecurityError"
        await charger.call("BootNotification", BOOT_16)
        number = (await charger.call("StartTransaction", start))["transactionId"]
        await charger.reconnect()
        assert (await charger.call("StartTransaction", start))["transactionId"] == number
        for _ in range(2):
            await charger.stop(number, timestamp=start["timestamp"])
        await meter(charger, number, 500)
        await eventually(lambda: metered(other) == [500])
        assert [len(other.said[each]) for each in ("StartTransaction", "StopTransaction")] == [1, 1]


@pytest.mark.expected_errors("Error while handling request")
async def test_what_was_refused_and_will_not_be_said_again_is_told(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        assert await charger.refused("OfAVendor", {"a": 1}) == "NotImplemented"
        told = await eventually(lambda: [text for text in other.frames if "OfAVendor" in text])
        assert json.loads(told[0])[2:] == ["OfAVendor", {"a": 1}]


@pytest.mark.expected_errors("Unable to parse message")
async def test_a_send_is_told_as_one(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, "ocpp2.1") as station:
        await mirrored(station, other)
        stream = {"id": 1, "pending": 0, "basetime": at(), "data": [{"t": 0, "v": "230.4"}]}
        await station.charger.send_unconfirmed("NotifyPeriodicEventStream", stream)
        sent = Message.objects.filter(charge_point=station.row, outcome=Message.Outcome.NONE)
        await eventually(sent.exists)
        await station.call("Heartbeat", {})
        await eventually(lambda: any('"Heartbeat"' in text for text in other.frames))
        told = [json.loads(text) for text in other.frames]
        assert [frame[2] for frame in told[-2:]] == ["NotifyPeriodicEventStream", "Heartbeat"]
        assert (told[-2][0], told[-2][3]) == (6, stream)


async def test_a_charger_that_speaks_a_later_version_now_is_told_of_in_that_one(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        number = (await charger.start("04A1"))["transactionId"]
        await eventually(lambda: other.said.get("StartTransaction", []))
        await other.kill()
        await meter(charger, number, 500)
        await charger.charger.close()
        charger.charger = await gateway.connect(identity, "ocpp2.0.1")
        await charger.call("BootNotification", BOOT)
        await other.start()
        # What was said before is told in the version in which it was said.
        await eventually(lambda: metered(other) == [500], within=40)
        await eventually(lambda: len(other.said["BootNotification"]) == 2)
        assert other.said["BootNotification"][1]["charging_station"]["model"] == "Post 150"
        assert other.station is not None and type(other.station).__name__ == "LaterStation"


@pytest.mark.expected_errors("opening handshake failed")
async def test_a_system_that_does_not_speak_the_version_is_told_nothing_and_staff_see_why(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    await other.kill()
    other.speaks = ["ocpp1.6"]
    await other.start()
    async with await OperatedStation.connect(gateway, identity, "ocpp2.0.1") as station:
        await mirrored(station, other)
        await station.call("Heartbeat", {})
        await eventually(lambda: Mirror.objects.get(charge_point=station.row).error)
        shown = (await station.http("GET", "mirror")).json()
        assert shown["connected_at"] is None and shown["waiting_since"]
        assert other.frames == []
