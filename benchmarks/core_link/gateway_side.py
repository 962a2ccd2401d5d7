"""The gateway's side, in a process with the gateway's environment.

`python -m benchmarks.core_link.gateway_side fill CHARGE_POINTS EVENTS`: migrate and write events;
`... delivered`: how many events have been acknowledged, as JSON;
`... decide COUNT AT_A_TIME`: ask core so often, and print the milliseconds that it took, and those
of a commit for another charge point every 10 ms meanwhile, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

# As a turn of the event loop reads them from their sockets.
READ_AT_ONCE = 50
SAMPLES = [
    {"value": "12345.6", "measurand": name, "context": "Sample.Periodic", "unit": unit}
    for name, unit in (
        ("Energy.Active.Import.Register", "Wh"),
        ("Power.Active.Import", "W"),
        ("Voltage", "V"),
        ("SoC", "Percent"),
    )
]
DATA = {
    "evse_id": 1,
    "transaction_id": "17",
    "meter_values": [{"energy_wh": 12345.6, "power_w": 11000.0, "voltage_v": 230.1, "soc": 55.0}],
}
OCPP = {
    "version": "1.6",
    "action": "MeterValues",
    "message_id": "123456",
    "payload": {
        "connectorId": 1,
        "transactionId": 17,
        "meterValue": [{"timestamp": "2026-11-22T08:00:00Z", "sampledValue": SAMPLES}],
    },
}


def fill(charge_points: int, events: int) -> None:
    from django.core.management import call_command

    from chargepoints.database.unit_of_work import unit_of_work
    from chargepoints.services.stations.registry import register

    call_command("migrate", verbosity=0)
    points = [register(f"EVENTS-{number}") for number in range(charge_points)]
    for _ in range(events // charge_points):
        with unit_of_work() as unit:
            for point in points:
                unit.emit(point.pk, "meter_values.recorded", DATA, ocpp=OCPP)


def delivered() -> None:
    from django.db.models import Max, Min, Sum

    from core_link.models import Delivery

    done = Delivery.objects.filter(state=Delivery.State.DELIVERED)
    figures = done.aggregate(
        events=Sum("event_count"), begun=Min("created_at"), ended=Max("finished_at")
    )
    seconds = (figures["ended"] - figures["begun"]).total_seconds()
    print(json.dumps({"events": figures["events"], "seconds": seconds}))


def decide(count: int, at_a_time: int) -> None:
    import uvloop

    # As the server.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_decide(count, at_a_time))))


async def _decide(count: int, at_a_time: int) -> dict[str, list[float]]:
    from chargepoints import clock
    from chargepoints.gateway import process
    from chargepoints.models import ChargePoint
    from chargepoints.protocol.inbound import Inbound
    from chargepoints.protocol.station import Station
    from chargepoints.services.tokens.authorization import TokenAsked
    from core_link import decisions

    gateway = process.Gateway()
    gateway.writer.start()
    process._current = gateway
    point: Any = await gateway.writer.run(0, lambda unit: ChargePoint.objects.all()[0])
    station = Station.of(point)
    milliseconds: dict[str, list[float]] = {"decisions": [], "others": []}
    numbers = iter(range(count))

    async def ask() -> None:
        for number in numbers:
            begun = time.perf_counter()
            inbound = Inbound(station, "1.6", "Authorize", "1", {}, clock.now(), [], gateway.writer)
            await decisions.authorize(inbound, TokenAsked(f"T{number}"), context="start")
            milliseconds["decisions"].append((time.perf_counter() - begun) * 1000)

    async def say_something_else() -> None:
        while True:
            begun = time.perf_counter()
            await gateway.writer.run(station.id + 1, lambda unit: None)
            milliseconds["others"].append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.01)

    others = asyncio.create_task(say_something_else())
    asking = []
    for number in range(at_a_time):
        asking.append(asyncio.create_task(ask()))
        if number % READ_AT_ONCE == 0:
            await asyncio.sleep(0)
    await asyncio.gather(*asking)
    others.cancel()
    await gateway.writer.stop()
    return milliseconds


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "connect_site.settings")
    import django

    django.setup()
    numbers = [int(argument) for argument in sys.argv[2:]]
    match sys.argv[1]:
        case "fill":
            fill(*numbers)
        case "delivered":
            delivered()
        case "decide":
            decide(*numbers)
