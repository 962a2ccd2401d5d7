"""The message types that OCPP 2.1 adds, and what becomes of others (part 4, edition 2)."""

import asyncio
import json

import pytest

from chargepoints.models import Message
from tests.operated import Payload, at, eventually
from tests.operated_station import OperatedStation
from tests.running_gateway import RunningGateway

STREAM: Payload = {"id": 1, "pending": 0, "basetime": at(), "data": [{"t": 0, "v": "230.4"}]}


def traced(station: OperatedStation, action: str) -> list[Message]:
    found = Message.objects.filter(charge_point=station.row, action=action)
    return list(found.order_by("id"))


async def only_answers(station: OperatedStation, message_id: str) -> None:
    """Nothing was answered before this Heartbeat."""
    await station.charger.send_text(json.dumps([2, message_id, "Heartbeat", {}]))
    assert (await station.charger.stray())[:2] == [3, message_id]


async def test_a_send_is_stored_and_never_answered(station: OperatedStation) -> None:
    """4.2.4."""
    await station.charger.send_unconfirmed("NotifyPeriodicEventStream", STREAM)
    await station.charger.send_unconfirmed("NotifyPeriodicEventStream", {"id": 1})
    await station.charger.send_unconfirmed("MakeCoffee", {})
    await station.charger.send_text('[6,"half a SEND","NotifyPeriodicEventStream",{"id":')
    await station.charger.send_text('[6,"no action"]')
    await only_answers(station, "after")
    sends = await eventually(lambda: traced(station, "NotifyPeriodicEventStream")[1:])
    assert [(each.reply, each.outcome) for each in sends] == [("", "error")]
    assert sends[0].error_code == "OccurrenceConstraintViolation"


async def test_what_wants_an_answer_is_no_send_and_the_other_way_round(
    station: OperatedStation,
) -> None:
    await station.charger.send_unconfirmed("Heartbeat", {})
    refused = await eventually(lambda: traced(station, "Heartbeat"))
    assert (refused[0].error_code, refused[0].reply) == ("ProtocolError", "")
    assert await station.refused("NotifyPeriodicEventStream", STREAM) == "ProtocolError"


async def test_a_send_goes_beside_an_outstanding_call(station: OperatedStation) -> None:
    posted = asyncio.create_task(station.post("clear_cache", {}, wait="ack"))
    message_id, _ = await station.charger.expect_call("ClearCache")
    await station.charger.send_unconfirmed("NotifyPeriodicEventStream", STREAM)
    await eventually(lambda: traced(station, "NotifyPeriodicEventStream"))
    await station.charger.answer(message_id, {"status": "Accepted"})
    assert (await posted).json()["state"] == "accepted"


async def test_a_result_that_cannot_be_read_is_answered_with_an_error(
    station: OperatedStation,
) -> None:
    """4.2.3: CALLRESULTERROR, with the id of the CALLRESULT."""
    posted = asyncio.create_task(station.post("clear_cache", {}, wait="ack"))
    message_id, _ = await station.charger.expect_call("ClearCache")
    await station.charger.answer(message_id, {"status": {}})
    error = await station.charger.stray()
    assert error[:3] == [5, message_id, "TypeConstraintViolation"]
    command = (await posted).json()
    assert (command["state"], command["error"]["code"]) == ("rejected", "bad_response")


async def test_an_error_about_our_result_is_traced(station: OperatedStation) -> None:
    await station.call("Heartbeat", {}, "beat-1")
    await station.charger.send_text('[5,"beat-1","FormatViolation","no time",{}]')
    await only_answers(station, "after")
    row = Message.objects.get(charge_point=station.row, error_code="FormatViolation")
    assert (row.message_id, row.deviations, row.reply) == ("beat-1", ["result_refused"], "")


@pytest.mark.parametrize("text", ['[7,"odd-1","Heartbeat",{}]', '[0,"odd-1"]', '["9",null]'])
async def test_a_frame_of_an_unknown_type_is_ignored(station: OperatedStation, text: str) -> None:
    """4.1.3, 4.4."""
    await station.charger.send_text(text)
    await only_answers(station, "after")
    assert Message.objects.filter(charge_point=station.row, request=text).exists()


async def test_a_frame_whose_id_cannot_be_read_is_answered(station: OperatedStation) -> None:
    """4.2.3."""
    await station.charger.send_text("this is no JSON")
    assert (await station.charger.stray())[:2] == [4, "-1"]


async def test_earlier_versions_have_neither_type(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedStation.connect(gateway, identity, "ocpp2.0.1") as station:
        for text in ('[6,"odd-1","Heartbeat",{}]', '[5,"odd-1","GenericError","",{}]'):
            await station.charger.send_text(text)
            assert (await station.charger.stray())[:3] == [4, "odd-1", "MessageTypeNotSupported"]
