"""What is wrong with a message, in the words of OCPP 2.0.1 (part 4, table 8)."""

import json

import pytest

from chargepoints.models import Message
from tests.operated import at
from tests.operated_station import BOOT, TOKEN, VERSION, Charging, OperatedStation
from tests.running_gateway import RunningGateway


async def test_an_unknown_action_is_not_implemented(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        assert await station.refused("MakeCoffee", {}) == "NotImplemented"


async def test_an_action_that_only_a_csms_sends_is_not_supported(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        assert await station.refused("GetVariables", {"getVariableData": []}) == "NotSupported"


async def test_a_missing_field_violates_occurrence(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        status = {"timestamp": at(), "evseId": 1, "connectorId": 1}
        refused = await station.refused("StatusNotification", status)
        assert refused == "OccurrenceConstraintViolation"


async def test_a_payload_that_is_no_object_violates_the_format(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        assert await station.refused("Heartbeat", "now") == "FormatViolation"


async def test_an_object_where_text_belongs_violates_the_type(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        token = {"idToken": {"idToken": {}, "type": "ISO14443"}}
        assert await station.refused("Authorize", token) == "TypeConstraintViolation"


async def test_an_unknown_word_is_taken_from_a_charger_that_is_not_strict(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        event = Charging(station).event("Started", "SheWantedTo")
        assert await station.call("TransactionEvent", event) == {}
        trace = Message.objects.filter(charge_point=station.row, action="TransactionEvent").get()
        assert trace.deviations == ["enum:/triggerReason"]


async def test_an_unknown_word_violates_a_property_where_the_charger_is_strict(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, strict=True) as station:
        event = Charging(station).event("Started", "SheWantedTo")
        refused = await station.refused("TransactionEvent", event)
        assert refused == "PropertyConstraintViolation"


async def test_an_extra_field_is_noted_and_custom_data_is_not(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.call("Heartbeat", {"customData": {"vendorId": "Acme", "mood": "fine"}})
        await station.call("Heartbeat", {"mood": "fine"})
        beats = Message.objects.filter(charge_point=station.row, action="Heartbeat").order_by("id")
        assert [beat.deviations for beat in beats] == [[], ["additionalProperties:"]]


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        ("this is no JSON", "-1"),
        ('{"an": "object"}', "-1"),
        ('[2, "A-7"]', "A-7"),
    ],
)
async def test_a_frame_that_cannot_be_read_is_answered(
    gateway: RunningGateway, identity: str, text: str, message_id: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.charger.send_text(text)
        answer = await station.charger.stray()
        assert answer[:2] == [4, message_id]


@pytest.mark.parametrize(
    "text", ["[3]", "[3,null,{}]", "[4,null,null,null,null]", '[4,{},"", "",{}]', '[3,"A-7",{']
)
async def test_an_answer_that_cannot_be_read_is_not_answered(
    gateway: RunningGateway, identity: str, text: str
) -> None:
    """Part 4, 4.2.3."""
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.charger.send_text(text)
        await station.charger.send_text('[2,"A-8","Heartbeat",{}]')
        assert (await station.charger.stray())[:2] == [3, "A-8"]
        assert Message.objects.filter(charge_point=station.row, request=text).exists()


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        (f'[2,"{"7" * 37}","Heartbeat",{{}}]', "7" * 37),
        ('[2,7,"Heartbeat",{}]', 7),
        ('["2","A-7","Heartbeat",{}]', "A-7"),
        ('[2,"A-7","Heartbeat"]', "A-7"),
        ('[2,"A-7","Heartbeat",{},{}]', "A-7"),
        ('[2,"A-7","Heartbeat",{},]', "A-7"),
    ],
)
async def test_a_frame_with_a_small_defect_is_refused_from_a_charger_that_is_strict_only(
    gateway: RunningGateway, identity: str, text: str, message_id: str | int
) -> None:
    """Part 4, 4.2.1, 4.2.3."""
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.charger.send_text(text)
        assert (await station.charger.stray())[:2] == [3, message_id]
    async with await OperatedStation.connect(gateway, f"{identity}-2", strict=True) as station:
        await station.charger.send_text(text)
        assert (await station.charger.stray())[:3] == [4, message_id, "RpcFrameworkError"]
        await station.charger.send_text('[2,"A-8","Heartbeat",null]')
        assert (await station.charger.stray())[:2] == [3, "A-8"]


async def test_the_same_message_twice_gets_the_same_answer(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        frame = json.dumps([2, "same", "Authorize", {"idToken": TOKEN}])
        await station.charger.send_text(frame)
        await station.charger.send_text(frame)
        assert await station.charger.stray() == await station.charger.stray()


async def test_a_registered_station_that_booted_elsewhere_is_served_what_it_sends(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity, boot=None) as station:
        await station.call("Authorize", {"idToken": TOKEN})
        await station.call("Heartbeat", {})
        await station.connector_is("Occupied")
        row = Message.objects.get(charge_point=station.row, action="Authorize")
        assert row.deviations == ["before_boot"]


async def test_before_the_boot_is_accepted_a_strict_station_gets_a_security_error(
    gateway: RunningGateway, identity: str
) -> None:
    """B02.FR.09, B03.FR.07."""
    async with await OperatedStation.connect(gateway, identity, boot=None, strict=True) as station:
        refused = await station.refused("Authorize", {"idToken": TOKEN})
        assert refused == "SecurityError"
        await station.call("BootNotification", BOOT)
        answer = await station.call("Authorize", {"idToken": TOKEN})
        assert answer["idTokenInfo"]["status"] == "Accepted"


@pytest.mark.skipif(not VERSION.answers_unknown_types, reason="2.1 ignores it: its own test")
async def test_a_frame_of_an_unknown_type_is_not_supported(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        await station.charger.send_text('[7,"odd-1","Heartbeat",{}]')
        assert (await station.charger.stray())[:3] == [4, "odd-1", "MessageTypeNotSupported"]
        assert await station.call("Heartbeat", {})
