"""What was answered is stored, whatever is killed; and stored once."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chargepoints.models import Event, Message, MeterValue, StatusChange, Transaction
from tests.fakes.charger import RawCharger
from tests.running_gateway import RunningGateway

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
CHARGERS = 8
ROUNDS = 3


def message(number: int) -> tuple[str, dict[str, Any]]:
    """The nth message of a charger: told apart from all others by its time."""
    at = (datetime.now(UTC) - timedelta(hours=2) + timedelta(seconds=number)).isoformat()
    if number % 4 == 0:
        status = "Available" if number % 8 else "Charging"
        return "StatusNotification", {
            "connectorId": 1,
            "status": status,
            "errorCode": "NoError",
            "timestamp": at,
        }
    sample = {"value": str(number), "measurand": "Energy.Active.Import.Register"}
    values = [{"timestamp": at, "sampledValue": [sample]}]
    return "MeterValues", {"connectorId": 1, "meterValue": values}


async def send_until_cut(charger: RawCharger, first: int) -> list[str]:
    """Send until the socket goes; the ids of the messages that were answered."""
    answered = []
    number = first
    try:
        while True:
            action, payload = message(number)
            message_id = f"m{number}"
            await charger.call(action, payload, message_id)
            answered.append(message_id)
            number += 1
    except (ConnectionClosed, OSError):
        return answered


def assert_stored_once(identity: str, answered: list[str]) -> None:
    stored = list(
        Message.objects.filter(charge_point__identity=identity).values_list("message_id", flat=True)
    )
    assert set(answered) <= set(stored), "answered, but not stored"
    meters = [each for each in answered if int(each[1:]) % 4]
    rows = MeterValue.objects.filter(charge_point__identity=identity)
    assert rows.count() >= len(meters)
    assert rows.count() == rows.values("sampled_at").distinct().count()
    sequences = list(
        Event.objects.filter(charge_point__identity=identity)
        .order_by("sequence")
        .values_list("sequence", flat=True)
    )
    assert sequences == list(range(1, len(sequences) + 1)), "a hole in the events"
    recorded = Event.objects.filter(
        charge_point__identity=identity, type="meter_values.recorded"
    ).count()
    assert recorded == rows.count(), "meter values and their events differ"
    changes = StatusChange.objects.filter(charge_point__identity=identity).count()
    told = Event.objects.filter(
        charge_point__identity=identity, type="connector.status_changed"
    ).count()
    assert changes == told


@pytest.mark.timeout(120)
async def test_kill_9_under_traffic_loses_nothing_that_was_answered(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway(CHARGER_MESSAGES_PER_SECOND="0")
    identities = [f"KILL-{number}" for number in range(CHARGERS)]
    for identity in identities:
        gateway.register(identity)
    answered: dict[str, list[str]] = {identity: [] for identity in identities}
    for round_ in range(ROUNDS):
        chargers = [await gateway.connect(identity) for identity in identities]
        for charger in chargers:
            await charger.call("BootNotification", BOOT)
        sending = [
            asyncio.create_task(send_until_cut(charger, 1000 * round_ + 1)) for charger in chargers
        ]
        await asyncio.sleep(random.uniform(0.5, 1.5))
        gateway.kill()
        for identity, ids in zip(identities, await asyncio.gather(*sending), strict=True):
            assert ids, "nothing was answered before the kill"
            answered[identity] += ids
        gateway.start()
    for identity in identities:
        assert_stored_once(identity, answered[identity])


async def test_what_is_sent_again_after_a_kill_is_written_once(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway()
    gateway.register("AGAIN")
    start = {
        "connectorId": 1,
        "idTag": "T",
        "meterStart": 5,
        "timestamp": "2026-11-20T10:00:00Z",
    }
    sample = {"value": "6"}
    values = {
        "connectorId": 1,
        "meterValue": [{"timestamp": "2026-11-20T10:05:00Z", "sampledValue": [sample]}],
    }
    numbers = set()
    for _ in range(3):
        charger = await gateway.connect("AGAIN")
        await charger.call("BootNotification", BOOT)
        reply = await charger.call("StartTransaction", start)
        numbers.add(reply[2]["transactionId"])
        values["transactionId"] = reply[2]["transactionId"]
        await charger.call("MeterValues", values)
        stop = {
            "transactionId": reply[2]["transactionId"],
            "meterStop": 9,
            "timestamp": "2026-11-20T10:09:00Z",
        }
        await charger.call("StopTransaction", stop)
        gateway.kill()
        gateway.start()
    assert len(numbers) == 1
    mine = Transaction.objects.filter(charge_point__identity="AGAIN")
    assert mine.count() == 1
    assert MeterValue.objects.filter(charge_point__identity="AGAIN").count() == 1
    types = list(
        Event.objects.filter(charge_point__identity="AGAIN")
        .filter(type__in=["transaction.started", "transaction.ended", "meter_values.recorded"])
        .order_by("sequence")
        .values_list("type", flat=True)
    )
    assert types == ["transaction.started", "meter_values.recorded", "transaction.ended"]


async def test_a_stopped_server_closes_its_sockets_and_says_goodbye(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway(DRAIN_S="1")
    gateway.register("STOPPED")
    charger = await gateway.connect("STOPPED")
    await charger.call("BootNotification", BOOT)
    status = await asyncio.to_thread(gateway.stop)
    assert status == 0
    assert await charger.wait_closed() == 1012
