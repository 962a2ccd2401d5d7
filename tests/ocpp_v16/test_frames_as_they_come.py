"""Frames as real chargers send them: repaired, answered or ignored; the socket stays open."""

import asyncio
import json

import pytest
import requests

from chargepoints.models import Command, Connector, Message, StatusChange
from tests.fakes import frames
from tests.operated import BOOT_16, OperatedCharger, at, eventually
from tests.running_gateway import RunningGateway

HEARTBEAT = '[2,"hb","Heartbeat",{}]'


async def answered(cp: OperatedCharger, text: str | bytes) -> list[object]:
    """The gateway's reply to this frame."""
    await cp.charger.send_text(text)
    frame: list[object] = await cp.charger.stray()
    return frame


@pytest.mark.parametrize(
    "text",
    [
        HEARTBEAT + ",",
        "," + HEARTBEAT,
        "\ufeff" + HEARTBEAT,
        HEARTBEAT + "\x00\x00",
        '[2,"hb","Heartbeat",{},]',
        '["2","hb","Heartbeat",{}]',
        '[2,"hb","Heartbeat",null]',
        '[2,"hb","Heartbeat"]',
        '[2,"hb","heartbeat",{}]',
        '[2,"hb","Heartbeat",{},"more"]',
        HEARTBEAT.encode(),
    ],
)
async def test_a_frame_with_a_known_fault_is_understood(
    gateway: RunningGateway, identity: str, text: str | bytes
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        frame = await answered(cp, text)
        assert frame[:2] == [frames.CALLRESULT, "hb"]
        message = Message.objects.get(charge_point=cp.row, message_id="hb")
        assert bool(message.deviations) == isinstance(text, str)


@pytest.mark.parametrize(
    "text",
    ['[2,"cut","Heartbeat",{"a":', '[2,"cut"', '[2,"cut",{},"Heartbeat"]', '[2,"cut","Hea'],
)
async def test_a_frame_whose_id_can_be_read_is_answered_with_an_error(
    gateway: RunningGateway, identity: str, text: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        frame = await answered(cp, text)
        assert frame[:3] == [frames.CALLERROR, "cut", "FormationViolation"]
        await cp.call("Heartbeat", {})


@pytest.mark.parametrize("text", ["", "   ", "hello", "{}", "[]", "[9]", '[3,"nobody",{}]', "null"])
async def test_a_frame_that_says_nothing_is_kept_or_ignored(
    gateway: RunningGateway, identity: str, text: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        await cp.charger.send_text(text)
        await cp.call("Heartbeat", {})
        if text.strip():
            await eventually(
                lambda: Message.objects.filter(charge_point=cp.row, request=text).exists()
            )


async def test_text_that_is_no_utf_8_in_a_binary_frame_is_survived(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        frame = await answered(cp, b'[2,"bin","Authorize",{"idTag":"\xff\xfe"}]')
        assert frame[:2] == [frames.CALLRESULT, "bin"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
async def test_text_in_utf_16_in_a_binary_frame_is_read(
    gateway: RunningGateway, identity: str, encoding: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        frame = await answered(cp, '[2,"wide","Heartbeat",{}]'.encode(encoding))
        assert frame[:2] == [frames.CALLRESULT, "wide"]


async def test_unknown_words_are_kept_as_text(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        status = {"connectorId": 1, "status": "Warming", "errorCode": "Error", "timestamp": at()}
        assert await cp.call("StatusNotification", status) == {}
        connector = Connector.objects.get(evse__charge_point=cp.row)
        assert (connector.status, connector.ocpp_status) == ("unknown", "Warming")
        assert connector.error_code == "Error"
        hertz = {"value": "50.01", "measurand": "Frequency", "unit": "Hz"}
        value = [{"timestamp": at(), "sampledValue": [hertz]}]
        assert await cp.call("MeterValues", {"connectorId": 1, "meterValue": value}) == {}


async def test_the_same_status_again_and_again_is_counted_and_told_once(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for _ in range(10):
            await cp.status(1, "Available")
        assert StatusChange.objects.filter(charge_point=cp.row).count() == 1
        assert len(cp.events("connector.status_changed")) == 1
        await eventually(lambda: Connector.objects.get(evse__charge_point=cp.row).repeats == 9)


async def begun(cp: OperatedCharger) -> tuple[asyncio.Task[requests.Response], str]:
    """A command on its way, and the id of its CALL."""
    posted = asyncio.create_task(cp.post("clear_cache", {}, wait="ack"))
    message_id, _ = await cp.charger.expect_call("ClearCache")
    return posted, message_id


async def test_an_error_without_a_readable_id_fails_the_one_that_is_outstanding(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        posted, _ = await begun(cp)
        await cp.charger.send_text('[4,"-1","FormationViolation","",{}]')
        assert (await posted).json()["state"] == "callerror"


async def test_error_details_that_are_text_and_codes_of_the_other_version_are_taken(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        posted, message_id = await begun(cp)
        await cp.charger.send_text(json.dumps([4, message_id, "FormatViolation", "", "because"]))
        assert (await posted).json()["state"] == "callerror"
        command = Command.objects.get(charge_point=cp.row)
        assert (command.state, command.error_code) == ("callerror", "FormatViolation")
        assert command.response is not None and command.response["details"] == "because"


async def test_an_answer_to_nothing_frees_nobodys_place(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        posted, message_id = await begun(cp)
        await cp.charger.answer("of-another", {"status": "Rejected"})
        await cp.charger.answer(message_id, {"status": "Accepted"})
        assert (await posted).json()["state"] == "accepted"


async def test_an_answer_that_breaks_its_schema_ends_the_command_all_the_same(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        _, command = await cp.command(
            "get_local_list_version", {}, "GetLocalListVersion", {"listVersion": "7"}
        )
        assert command["state"] == "accepted"
        _, command = await cp.command("clear_cache", {}, "ClearCache", {})
        assert (command["state"], command["error"]["code"]) == ("rejected", "bad_response")


async def test_an_answer_that_is_no_object_ends_the_command_and_is_shown(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        posted, message_id = await begun(cp)
        await cp.charger.send_text(f'[3,"{message_id}",[5]]')
        command = (await posted).json()
        assert (command["state"], command["error"]["code"]) == ("rejected", "bad_response")
        assert command["ocpp"]["response"] == {"payload": [5]}


async def test_an_error_in_answer_to_our_answer_is_survived(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        frame = await cp.charger.call("Heartbeat", {}, "mine")
        await cp.charger.answer_error(frame[1], "GenericError")
        await cp.call("Heartbeat", {})


async def test_a_boot_replayed_with_the_same_id_after_a_reconnect_is_a_new_boot(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, boot=None) as cp:
        await cp.call("BootNotification", BOOT_16, "1")
        await cp.reconnect()
        await cp.call("BootNotification", BOOT_16, "1")
        assert len(cp.events("charge_point.booted")) == 2
