"""A server that is killed or stopped; `tests/faults` has the same under traffic."""

import asyncio
import resource
import socket
from collections.abc import Callable
from pathlib import Path

from chargepoints.models import Event, MeterValue, Transaction
from tests.running_gateway import RunningGateway

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}


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


def open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def test_a_server_that_can_open_no_more_files_serves_those_that_are_connected(
    start_gateway: Callable[..., RunningGateway],
) -> None:
    gateway = start_gateway()
    gateway.register("INSIDE")
    gateway.register("OUTSIDE")
    async with await gateway.connect("INSIDE") as charger:
        await charger.call("BootNotification", BOOT)
        unlimited = resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(
            gateway.pid, resource.RLIMIT_NOFILE, (open_files(gateway.pid), unlimited[1])
        )
        values = [{"timestamp": "2026-11-20T10:05:00Z", "sampledValue": [{"value": "6"}]}]
        with socket.create_connection(("127.0.0.1", gateway.port)):  # knocks, and nobody can open
            reply = await charger.call("MeterValues", {"connectorId": 1, "meterValue": values})
            assert reply[2] == {}
        resource.prlimit(gateway.pid, resource.RLIMIT_NOFILE, unlimited)
    await (await gateway.connect("OUTSIDE")).close()
