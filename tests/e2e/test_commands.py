"""Commands, from the API to the charger's socket and back."""

import asyncio
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargepoints.models import Command, Message, Registration
from chargepoints.services.stations import registry
from tests.fakes.core import FakeCore
from tests.operated import BOOT_16, OperatedCharger, at, eventually
from tests.running_gateway import RunningGateway

TOKEN = {"id_token": {"value": "04A1B2", "type": "ISO14443"}, "evse_id": 1}


def later(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def commands(operated: OperatedCharger) -> list[Command]:
    return list(Command.objects.filter(charge_point=operated.row).order_by("created_at"))


async def test_a_start_waits_until_the_transaction_has_begun(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        posted = asyncio.create_task(operated.post("start", TOKEN, wait="effect", timeout_s=20))
        request = await operated.obey("RemoteStartTransaction", {"status": "Accepted"})
        assert request == {"idTag": "04A1B2", "connectorId": 1}
        started = await operated.start("04A1B2")
        response = await posted
        assert response.status_code == 200
        body = response.json()
        assert body["state"] == "effect_confirmed"
        assert body["ocpp"]["action"] == "RemoteStartTransaction"
        command = commands(operated)[0]
        assert command.transaction is not None
        assert command.transaction.transaction_id == str(started["transactionId"])
        finished = operated.events("command.finished")
        assert [event.data["state"] for event in finished] == ["effect_confirmed"]


async def test_a_stop_takes_effect_when_the_transaction_ends(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        number = (await operated.start("04A1B2"))["transactionId"]
        posted = asyncio.create_task(
            operated.post("stop", {"transaction_id": str(number)}, wait="effect")
        )
        assert await operated.obey("RemoteStopTransaction", {"status": "Accepted"}) == {
            "transactionId": number
        }
        await operated.stop(number, reason="Remote")
        assert (await posted).json()["state"] == "effect_confirmed"


async def test_a_reset_takes_effect_when_the_charger_boots(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        posted = asyncio.create_task(
            operated.post("reset", {"type": "immediate"}, wait="effect", timeout_s=20)
        )
        assert await operated.obey("Reset", {"status": "Accepted"}) == {"type": "Hard"}
        await operated.reconnect()
        await operated.call("BootNotification", BOOT_16)
        assert (await posted).json()["state"] == "effect_confirmed"


async def test_an_effect_may_come_before_the_answer(gateway: RunningGateway, identity: str) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        posted = asyncio.create_task(operated.post("start", TOKEN, wait="effect"))
        message_id, _ = await operated.charger.expect_call("RemoteStartTransaction")
        await operated.start("04A1B2")
        await operated.charger.answer(message_id, {"status": "Accepted"})
        assert (await posted).json()["state"] == "effect_confirmed"


async def test_a_no_of_the_charger_is_the_command_s_end(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        _, body = await operated.command(
            "start", TOKEN, "RemoteStartTransaction", {"status": "Rejected"}
        )
        assert body["state"] == "rejected"
        assert body["error"]["class"] == "station"
        assert body["error"]["code"] == "Rejected"


@pytest.mark.parametrize("answered_id", ["its own", "-1"])
async def test_a_call_error_ends_the_command_that_is_out(
    gateway: RunningGateway, identity: str, answered_id: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        posted = asyncio.create_task(operated.post("trigger", {"message": "Heartbeat"}, wait="ack"))
        message_id, _ = await operated.charger.expect_call("TriggerMessage")
        answered = message_id if answered_id == "its own" else "-1"
        await operated.charger.answer_error(answered, "NotSupported", "no such thing")
        body = (await posted).json()
        assert (body["state"], body["error"]["code"]) == ("callerror", "NotSupported")


async def test_a_charger_that_does_not_answer_times_out_and_gets_the_next_command(
    start_gateway: Callable[..., RunningGateway], identity: str
) -> None:
    gateway = start_gateway(CALL_TIMEOUT_S="1")
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.post("trigger", {"message": "Heartbeat"})
        first, _ = await operated.charger.expect_call("TriggerMessage")
        await operated.post("get_configuration", {})
        second, _ = await operated.charger.expect_call("GetConfiguration")
        # The late answer frees nobody else's slot.
        await operated.charger.answer(first, {"status": "Accepted"})
        await operated.charger.answer(second, {"configurationKey": [], "unknownKey": []})
        await eventually(lambda: commands(operated)[1].state == "accepted")
        assert commands(operated)[0].state == "timeout"
        stray = Message.objects.filter(charge_point=operated.row, message_id=first, direction="in")
        await eventually(stray.exists)
        assert stray.get().deviations == ["unexpected_answer"]


async def test_one_call_at_a_time_is_out_and_the_rest_follows_in_order(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        for message in ("Heartbeat", "MeterValues", "StatusNotification"):
            await operated.post("trigger", {"message": message})
        seen = []
        for _ in range(3):
            message_id, payload = await operated.charger.expect_call("TriggerMessage")
            await asyncio.sleep(0.2)
            assert operated.charger._calls.empty()
            seen.append(payload["requestedMessage"])
            await operated.charger.answer(message_id, {"status": "Accepted"})
        assert seen == ["Heartbeat", "MeterValues", "StatusNotification"]


async def test_the_same_idempotency_key_is_the_same_command_and_another_body_a_conflict(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        key = {"Idempotency-Key": str(uuid.uuid4())}

        async def post(message: str) -> Any:
            body = {"type": "trigger", "args": {"message": message}}
            return await operated.http("POST", "commands", json=body, extra_headers=key)

        first, again = await post("Heartbeat"), await post("Heartbeat")
        assert first.json()["id"] == again.json()["id"]
        assert (await post("MeterValues")).status_code == 409
        assert len(commands(operated)) == 1


async def test_a_start_for_an_offline_charger_is_refused_and_a_reset_waits_for_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.charger.close()
        await eventually(lambda: operated.known().connection_id is None)
        refused = await operated.post("start", TOKEN)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_connected")
        queued = await operated.post("reset", {})
        assert (queued.status_code, queued.json()["state"]) == (202, "queued")
        operated.charger = await gateway.connect(identity)
        await operated.call("BootNotification", BOOT_16)
        assert await operated.obey("Reset", {"status": "Accepted"}) == {"type": "Soft"}


async def test_a_command_nobody_fetched_expires_and_core_hears_of_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.charger.close()
        await eventually(lambda: operated.known().connection_id is None)
        await operated.post("start", TOKEN, expires_at=later(seconds=1))
        await eventually(lambda: commands(operated)[0].state == "expired")
        await eventually(lambda: operated.events("command.finished"))
        operated.charger = await gateway.connect(identity)
        await operated.call("BootNotification", BOOT_16)
        await asyncio.sleep(1.5)
        assert operated.charger._calls.empty()


async def test_nothing_is_sent_before_the_boot_is_accepted_but_the_request_to_boot(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    core.fail(path="/boot", status=404)  # the gateway's own registration decides
    async with await OperatedCharger.connect(
        gateway, identity, boot=None, registration=Registration.PENDING
    ) as operated:
        pending = await operated.call("BootNotification", BOOT_16)
        assert pending["status"] == "Pending"
        await operated.post("clear_cache", {})
        await operated.post("trigger", {"message": "BootNotification"})
        message_id, payload = await operated.charger.expect_call("TriggerMessage")
        assert payload == {"requestedMessage": "BootNotification"}
        row = operated.known()
        row.registration = Registration.ACCEPTED
        registry.changed(row, "registration")
        await operated.charger.answer(message_id, {"status": "Accepted"})
        assert (await operated.call("BootNotification", BOOT_16))["status"] == "Accepted"
        assert await operated.obey("ClearCache", {"status": "Accepted"}) == {}


async def test_a_queued_command_can_be_cancelled_and_a_sent_one_cannot(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.post("trigger", {"message": "Heartbeat"})
        message_id, _ = await operated.charger.expect_call("TriggerMessage")
        await operated.post("trigger", {"message": "MeterValues"})
        sent, queued = commands(operated)
        assert (await operated.api("POST", f"commands/{sent.pk}/cancel")).status_code == 409
        assert (await operated.api("POST", f"commands/{queued.pk}/cancel")).status_code == 200
        await operated.charger.answer(message_id, {"status": "Accepted"})
        await eventually(lambda: commands(operated)[0].state == "accepted")
        assert commands(operated)[1].state == "cancelled"
        await asyncio.sleep(1.2)
        assert operated.charger._calls.empty()


async def test_a_raw_request_is_checked_by_its_schema_before_it_is_sent(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        wrong = {"action": "ChangeAvailability", "payload": {"connectorId": "x", "type": "Odd"}}
        refused = await operated.post("raw", wrong)
        assert refused.status_code == 400
        pointers = {error["pointer"] for error in refused.json()["errors"]}
        assert pointers == {"/args/payload/connectorId", "/args/payload/type"}
        right = {"action": "ClearCache", "payload": {}}
        request, body = await operated.command("raw", right, "ClearCache", {"status": "Accepted"})
        assert (request, body["state"]) == ({}, "accepted")


async def test_an_answer_is_read_while_a_message_of_the_charger_waits_for_core(
    gateway: RunningGateway, identity: str, core: FakeCore
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        core.fail(path="/authorize", slow_ms=30_000)
        asked = await operated.charger.send_call("Authorize", {"idTag": f"T{at()[-9:-1]}"})
        _, body = await operated.command(
            "trigger", {"message": "Heartbeat"}, "TriggerMessage", {"status": "Accepted"}
        )
        assert body["state"] == "accepted"
        assert body["ocpp"]["duration_ms"] < 2400  # the message waits for 2.75 s
        assert (await operated.charger.reply_to(asked))[0] == 3


async def test_request_and_answer_are_one_row_of_the_trace(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        await operated.command(
            "trigger", {"message": "Heartbeat"}, "TriggerMessage", {"status": "Accepted"}
        )
        row = Message.objects.get(charge_point=operated.row, direction="out")
        assert json.loads(row.request)[2:] == [
            "TriggerMessage",
            {"requestedMessage": "Heartbeat"},
        ]
        assert json.loads(row.reply)[2] == {"status": "Accepted"}
        assert row.duration_ms is not None


async def test_what_comes_after_an_answer_is_worked_on_after_it(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as operated:
        for beat in range(10):
            await operated.post("trigger", {"message": "Heartbeat"})
            message_id, _ = await operated.charger.expect_call("TriggerMessage")
            await operated.charger.answer(message_id, {"status": "Accepted"})
            await operated.call("Heartbeat", {}, f"beat-{beat}")
            rows = Message.objects.filter(charge_point=operated.row)
            answered, beaten = rows.get(message_id=message_id), rows.get(message_id=f"beat-{beat}")
            assert answered.pk < beaten.pk
