"""A stop with the samples of a night is taken, and what is too long even so is taken in part."""

import asyncio
import json
import time
from typing import Any

import pytest

from chargepoints.admin import troubles
from chargepoints.models import ChargePoint, Message, MeterValue, Transaction
from connect_site.server.long_messages import LONGEST_BYTES
from tests.fakes.charger import RawCharger
from tests.operated import BOOT_16, OperatedCharger, at, eventually
from tests.operated_station import BOOT, OperatedStation
from tests.running_gateway import RunningGateway

TOO_BIG = 1009


def element(minutes: int, value: Any) -> Any:
    return {
        "timestamp": at(minutes=minutes),
        "sampledValue": [
            {"value": value, "context": "Sample.Periodic"},
            {"value": value, "measurand": "Power.Active.Import"},
            {"value": value, "measurand": "Current.Import"},
            {"value": value, "measurand": "Voltage"},
        ],
    }


def stop(transaction_id: int, moments: int) -> dict[str, Any]:
    return {
        "transactionId": transaction_id,
        "meterStop": 45_000,
        "timestamp": at(),
        "reason": "Local",
        "transactionData": [element(moments - each, "1") for each in range(moments)],
    }


async def started(cp: OperatedCharger) -> int:
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 5000, "timestamp": at(minutes=900)}
    return int((await cp.call("StartTransaction", start))["transactionId"])


def noted(cp: OperatedCharger | OperatedStation, action: str) -> list[str]:
    message = Message.objects.filter(charge_point=cp.row, action=action).first()
    assert message is not None
    return list(message.deviations)


async def test_a_stop_with_all_samples_of_a_night_ends_its_transaction(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        payload = stop(await started(cp), 700)
        assert len(json.dumps(payload)) > 150_000
        for _ in range(2):
            assert await cp.call("StopTransaction", payload) == {}
        [row] = cp.row.transactions.all()
        assert row.energy_wh == 40_000
        assert MeterValue.objects.filter(transaction=row).count() == 700
        events = [event for event in cp.events() if event.type == "meter_values.recorded"]
        assert [len(event.data["meter_values"]) for event in events] == [500, 200]
        assert not any("transactionData" in str(event.ocpp) for event in events)
        trace = Message.objects.filter(charge_point=cp.row, action="StopTransaction").last()
        assert trace is not None and len(trace.request) < 140_000


async def test_a_long_message_with_several_frames_is_taken_frame_by_frame(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        told = [2, "stop", "StopTransaction", stop(await started(cp), 700)]
        await cp.charger.send_text(json.dumps(told) + '[2,"beat","Heartbeat",{}]')
        assert await cp.charger.stray() == [3, "stop", {}]
        assert (await cp.charger.stray())[:2] == [3, "beat"]
        [row] = cp.row.transactions.all()
        assert row.energy_wh == 40_000
        assert "several_frames" in noted(cp, "StopTransaction")


async def test_an_end_with_all_samples_of_a_night_is_taken_from_a_station_too(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedStation.connect(gateway, identity) as station:
        event = {
            "eventType": "Ended",
            "timestamp": at(),
            "triggerReason": "EVDeparted",
            "seqNo": 1,
            "transactionInfo": {"transactionId": "T"},
            "meterValue": [element(700 - each, each) for each in range(700)],
        }
        assert await station.call("TransactionEvent", event) == {}
        row = Transaction.objects.get(charge_point=station.row)
        assert MeterValue.objects.filter(transaction=row).count() == 700
        values = {"evseId": 1, "meterValue": [element(each, 1) for each in range(700)]}
        assert await station.call("MeterValues", values) == {}


async def test_a_strict_charger_s_long_messages_are_taken_as_well(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, strict=True) as cp:
        assert await cp.call("StopTransaction", stop(await started(cp), 700)) == {}


async def test_what_is_too_long_even_so_is_taken_as_far_as_it_can_be_read(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        payload = stop(await started(cp), 9000)
        assert len(json.dumps(payload)) > LONGEST_BYTES
        assert await cp.call("StopTransaction", payload) == {}
        [row] = cp.row.transactions.all()
        assert (row.energy_wh, row.stop_reason) == (40_000, "Local")
        assert "too_long" in noted(cp, "StopTransaction")
        assert MeterValue.objects.filter(transaction=row).count() > 1000


@pytest.mark.parametrize(
    "transaction_data",
    [
        [{"timestamp": "x", "sampledValue": [{}] * 100_001}] * 2,
        [{"a": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}],
        [{"a": [[[[[[[[[[[[[]]]]]]]]]]]]]}],
    ],
    ids=["too many", "too deep", "too deep in its frame alone"],
)
async def test_what_holds_too_much_is_taken_without_it(
    gateway: RunningGateway, identity: str, transaction_data: Any
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        payload = stop(await started(cp), 0) | {"transactionData": transaction_data}
        assert await cp.call("StopTransaction", payload) == {}
        [row] = cp.row.transactions.all()
        assert row.energy_wh == 40_000
        assert "too_large" in noted(cp, "StopTransaction")


async def test_a_stop_that_was_cut_is_taken_where_its_id_and_meter_can_be_read(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity) as cp:
        text = json.dumps([2, "cut", "StopTransaction", stop(await started(cp), 3)])
        await cp.charger.send_text(text[: text.index('"meterStop"') + 14])
        assert (await cp.charger.stray())[:3] == [4, "cut", "FormationViolation"]
        await cp.charger.send_text(text[:-100])
        assert await cp.charger.stray() == [3, "cut", {}]
        [row] = cp.row.transactions.all()
        assert row.energy_wh == 40_000
        assert "truncated" in noted(cp, "StopTransaction")
        assert MeterValue.objects.filter(transaction=row).count() == 2


async def test_a_strict_charger_is_told_that_its_stop_was_cut(
    gateway: RunningGateway, identity: str
) -> None:
    async with await OperatedCharger.connect(gateway, identity, strict=True) as cp:
        text = json.dumps([2, "cut", "StopTransaction", stop(await started(cp), 3)])
        await cp.charger.send_text(text[:-100])
        assert (await cp.charger.stray())[:3] == [4, "cut", "FormationViolation"]


@pytest.mark.parametrize(
    ("protocol", "boot", "action"),
    [("ocpp1.6", BOOT_16, "DataTransfer"), ("ocpp2.0.1", BOOT, "NotifyReport")],
)
async def test_another_long_message_closes_its_socket(
    gateway: RunningGateway, identity: str, protocol: str, boot: Any, action: str
) -> None:
    gateway.register(identity)
    charger = await gateway.connect(identity, protocol)
    await charger.call("BootNotification", boot)
    await charger.send_text(json.dumps([2, "1", action, {"data": "x" * 140_000}]))
    assert await charger.wait_closed() == TOO_BIG
    row = ChargePoint.objects.get(identity=identity)
    await eventually(lambda: row.connections.filter(close_code=TOO_BIG).exists())
    [connection] = row.connections.all()
    assert connection.close_reason.endswith("of 131072 at most")
    row.refresh_from_db()
    assert any("report less at a time" in each.remedy for each in troubles.of(row))


async def test_long_messages_of_many_chargers_take_turns_and_hold_up_nobody(
    gateway: RunningGateway, identity: str
) -> None:
    count = 4
    chargers = []
    for number in range(count):
        chargers.append(await OperatedCharger.connect(gateway, f"{identity}-{number}"))
    stops = [stop(await started(cp), 3000) for cp in chargers]
    bystander = await OperatedCharger.connect(gateway, f"{identity}-bystander")
    sent = [
        asyncio.create_task(cp.call("StopTransaction", payload))
        for cp, payload in zip(chargers, stops, strict=True)
    ]
    slowest = 0.0
    while not all(each.done() for each in sent):
        began = time.monotonic()
        await bystander.call("Heartbeat", {})
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.02)
    assert [await each for each in sent] == [{}] * count
    assert slowest < 5
    for cp in (*chargers, bystander):
        await cp.charger.close()


async def test_a_socket_that_is_cut_in_a_long_message_leaves_the_turn_to_others(
    gateway: RunningGateway, identity: str
) -> None:
    gateway.register(f"{identity}-gone")
    gone: RawCharger = await gateway.connect(f"{identity}-gone")
    text = json.dumps([2, "1", "StopTransaction", stop(1, 2000)])
    sending = asyncio.create_task(gone.socket.send(iter_with_a_pause(text)))
    await asyncio.sleep(0.3)
    async with await OperatedCharger.connect(gateway, identity) as cp:
        stopping = asyncio.create_task(cp.call("StopTransaction", stop(await started(cp), 700)))
        await asyncio.sleep(0.3)
        assert not stopping.done()
        gone.abort()
        assert await stopping == {}
    sending.cancel()


async def iter_with_a_pause(text: str) -> Any:
    yield text[: 200 * 1024]
    await asyncio.sleep(60)
    yield text[200 * 1024 :]
