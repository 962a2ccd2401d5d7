"""A second central system is told what a charge point says, and may ask what is allowed."""

import asyncio
import json

from ocpp.v16 import call

from chargepoints.models import Mirror
from tests.e2e.mirrors.conftest import meter, metered, mirrored
from tests.fakes.other_csms import FIRST_TRANSACTION, OtherSystem
from tests.operated import OperatedCharger, eventually
from tests.running_gateway import RunningGateway
from tests.warm_start import ManagePy


async def test_what_a_charger_says_is_told_with_the_other_systems_transaction_ids(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await charger.status(1, "Available")
        await mirrored(charger, other)
        number = (await charger.start("04A1"))["transactionId"]
        await meter(charger, number, 500)
        await charger.stop(number)
        await eventually(lambda: other.said.get("StopTransaction"))
        # It is told who the charger is, and nothing else of what was before.
        assert list(other.said) == [
            "BootNotification",
            "StartTransaction",
            "MeterValues",
            "StopTransaction",
        ]
        theirs = FIRST_TRANSACTION + 1
        assert other.said["MeterValues"][0]["transaction_id"] == theirs
        assert other.said["StopTransaction"][0]["transaction_id"] == theirs
        shown = (await charger.http("GET", "mirror")).json()
        assert shown["connected_at"] and shown["told_at"] and shown["error"] is None


async def test_a_copy_commands_nothing_but_what_is_allowed(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other, allowed_actions=["RemoteStopTransaction"])
        # On the heels of the answer that told the transaction's id.
        other.asked_at_once = call.RemoteStopTransaction(transaction_id=FIRST_TRANSACTION + 1)
        number = (await charger.start("04A1"))["transactionId"]
        request = await charger.obey("RemoteStopTransaction", {"status": "Accepted"})
        assert request == {"transactionId": number}
        await eventually(lambda: other.answered)
        assert other.answered.status == "Accepted"
        assert other.station is not None
        assert await other.station.call(call.ClearCache()) is None  # a CALLERROR
        assert charger.charger.journal.asked[-1][2] == "RemoteStopTransaction"


async def test_a_system_that_is_away_is_told_later_and_the_charger_notices_nothing(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other)
        number = (await charger.start("04A1"))["transactionId"]
        for value in range(200, 260):
            await meter(charger, number, value)
            if value % 20 == 10:
                await other.kill()
            if value % 20 == 19:
                await other.start()
        await eventually(lambda: len(set(metered(other))) == 60, within=30)
        ids = [json.loads(frame)[1] for frame in other.frames]
        once = dict.fromkeys(ids)
        values = dict(zip(ids, other.frames, strict=True))
        told = [json.loads(values[each])[3] for each in once if "MeterValues" in values[each]]
        said = [int(each["meterValue"][0]["sampledValue"][0]["value"]) for each in told]
        # In order, none missing; one that was not answered comes again under its own id.
        assert said == list(range(200, 260))


async def test_a_mirror_is_looked_at_changed_and_taken_away(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        assert (await charger.http("GET", "mirror")).status_code == 404
        body = {"url": "wss://other.example/ocpp", "password": "secret"}
        made = await charger.http("PUT", "mirror", json=body)
        assert "password" not in made.json()
        assert made.json()["enabled"] is True
        off = await charger.http("PUT", "mirror", json=body | {"enabled": False})
        assert off.json()["enabled"] is False
        wrong = await charger.http("PUT", "mirror", json={"url": "https://other.example"})
        assert wrong.status_code == 400
        assert (await charger.http("DELETE", "mirror")).status_code == 204
        assert not Mirror.objects.filter(charge_point=charger.row).exists()


async def test_a_system_that_dies_while_it_commands_leaves_no_error(
    gateway: RunningGateway, mirroring: ManagePy, other: OtherSystem, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as charger:
        await mirrored(charger, other, allowed_actions=["ClearCache"])
        await charger.call("Heartbeat", {})
        await eventually(lambda: other.said.get("Heartbeat"))
        assert other.station is not None
        asked = asyncio.create_task(other.station.call(call.ClearCache()))
        message_id, _ = await charger.charger.expect_call("ClearCache")
        await other.kill()
        await charger.charger.answer(message_id, {"status": "Accepted"})
        await other.start()
        await charger.call("Heartbeat", {})
        await eventually(lambda: len(other.said["Heartbeat"]) == 2)
        asked.cancel()
