"""What certification asks of every central system, beside its numbered cases."""

import asyncio

import pytest

from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger, at
from tests.running_gateway import RunningGateway


async def test_a_charger_that_is_left_alone_is_sent_nothing_unasked(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, proactive=False) as cp:
        await cp.reconnect()
        await cp.call("BootNotification", BOOT_16)
        with pytest.raises(AssertionError, match="no such thing"):
            await cp.charger.expect_call("GetConfiguration", within=1.0)


async def test_a_token_that_charges_elsewhere_is_refused_where_core_says_so(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.decisions.tokens[f"T-{identity}"] = {"status": "concurrent_tx"}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.start(f"T-{identity}")
        assert answer["idTagInfo"]["status"] == "ConcurrentTx"
        assert answer["transactionId"] > 0


async def test_a_token_may_charge_in_two_places_where_core_lets_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        first = await cp.start("TAG", connector=1)
        second = await cp.start("TAG", connector=2)
        assert first["transactionId"] != second["transactionId"]
        assert second["idTagInfo"]["status"] == "Accepted"


async def test_what_looks_wrong_is_sent_as_typed(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, _ = await cp.command(
            "set_availability",
            {"availability": "operative", "evse_id": 99},
            "ChangeAvailability",
            {"status": "Rejected"},
        )
        assert request == {"connectorId": 99, "type": "Operative"}


async def test_the_profile_of_a_remote_start_names_no_transaction(
    gateway: RunningGateway, identity: str
) -> None:
    """1.6, 5.16.2."""
    async with await OperatedCharger.connect(gateway, identity) as cp:
        profile = {
            "purpose": "transaction",
            "kind": "relative",
            "unit": "A",
            "periods": [{"start_s": 0, "limit": 10}],
            "transaction_id": "5",
        }
        args = {"id_token": {"value": "TAG"}, "charging_profile": profile}
        command = await cp.finished("start", args)
        assert (command["state"], command["error"]["code"]) == ("rejected", "invalid_args")


async def test_an_availability_that_is_scheduled_is_a_yes(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        request, command = await cp.command(
            "set_availability",
            {"availability": "inoperative"},
            "ChangeAvailability",
            {"status": "Scheduled"},
        )
        assert request == {"connectorId": 0, "type": "Inoperative"}
        assert command["state"] == "accepted"
        assert command["ocpp"]["response"] == {"status": "Scheduled"}


async def test_a_vendors_message_goes_to_the_charger_and_its_answer_back(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        args = {"vendor_id": "Acme", "message_id": "light", "data": {"associatedId": 1}}
        answer = {"status": "Accepted", "data": "done"}
        request, command = await cp.command("data_transfer", args, "DataTransfer", answer)
        expected = {"vendorId": "Acme", "messageId": "light", "data": '{"associatedId":1}'}
        assert request == expected
        assert command["ocpp"]["response"] == answer


async def test_a_vendors_message_of_the_charger_is_answered_by_core(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.decisions.vendors["Acme"] = {"status": "accepted", "data": {"price": 42}}
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.call("DataTransfer", {"vendorId": "Acme", "messageId": "price"})
        assert answer == {"status": "Accepted", "data": '{"price":42}'}
        await cp.call("DataTransfer", {"vendorId": "Acme"})
        assert [event.data["message_id"] for event in cp.events("data_transfer.received")] == [
            "price",
            None,
        ]
        asked = [each.request for each in core.journal.decisions[-2:]]
        assert [each["message_id"] for each in asked] == ["price", None]


async def test_any_request_can_be_sent_raw_after_a_check_by_its_schema(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        raw = {"action": "UnlockConnector", "payload": {"connectorId": 1}}
        request, command = await cp.command("raw", raw, "UnlockConnector", {"status": "Unlocked"})
        assert request == {"connectorId": 1}
        assert command["state"] == "accepted"
        refused = await cp.post("raw", {"action": "UnlockConnector", "payload": {}})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_args")


async def test_one_request_at_a_time(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        for _ in range(2):
            await cp.post("clear_cache", {})
        first, _ = await cp.charger.expect_call("ClearCache")
        with pytest.raises(AssertionError, match="no such thing"):
            await cp.charger.expect_call("ClearCache", within=0.5)
        await cp.charger.answer(first, {"status": "Accepted"})
        await cp.obey("ClearCache", {"status": "Accepted"})


async def test_a_charger_may_talk_while_it_owes_an_answer(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        posted = asyncio.create_task(cp.post("clear_cache", {}, wait="ack"))
        message_id, _ = await cp.charger.expect_call("ClearCache")
        await cp.call("Heartbeat", {})
        await cp.status(1, "Available")
        await cp.charger.answer(message_id, {"status": "Accepted"})
        assert (await posted).json()["state"] == "accepted"


async def test_a_reservation_the_gateway_does_not_know_is_no_reason_to_refuse(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        answer = await cp.start("TAG", reservationId=4711, timestamp=at())
        assert answer["idTagInfo"]["status"] == "Accepted"
