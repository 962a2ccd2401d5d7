"""N11 to N15: event streams, whose values come without answers."""

import asyncio
from typing import Any

from chargepoints.models import EventStream, Message
from tests.operated import Payload, at, eventually
from tests.operated_station import OperatedStation

WHERE: Payload = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
MONITOR: Payload = {"component": "EVSE", "evse_id": 1, "variable": "Power", "type": "Periodic"}


def data(number: int = 7, monitor: int = 4, **params: int) -> Payload:
    return {"id": number, "params": params, "variableMonitoringId": monitor}


async def opened(station: OperatedStation, number: int = 7) -> None:
    payload = {"constantStreamData": data(number, interval=5, values=2)}
    answer = await station.call("OpenPeriodicEventStream", payload)
    assert answer == {"status": "Accepted"}


async def brings(station: OperatedStation, *values: tuple[float, str], number: int = 7) -> None:
    items = [{"t": seconds, "v": value} for seconds, value in values]
    payload = {"id": number, "pending": 3, "basetime": at(), "data": items}
    await station.charger.send_unconfirmed("NotifyPeriodicEventStream", payload)


async def monitor(station: OperatedStation) -> Payload:
    """A monitor whose values are to come as a stream: N11.FR.01, FR.09."""
    stream = {"interval_s": 5, "values_at_once": 2}
    args = {"monitors": [MONITOR | {"value": 1, "severity": 8, "stream": stream}]}
    result = WHERE | {"id": 4, "status": "Accepted", "type": "Periodic", "severity": 8}
    request, command = await station.command(
        "set_monitoring", args, "SetVariableMonitoring", {"setMonitoringResult": [result]}
    )
    assert command["state"] == "accepted", command
    asked: Payload = request["setMonitoringData"][0]
    return asked


async def test_the_values_of_a_stream_reach_core_with_what_they_are_of(
    station: OperatedStation,
) -> None:
    """N11.FR.04, N15.FR.02, FR.03."""
    asked = await monitor(station)
    assert asked["periodicEventStream"] == {"interval": 5, "values": 2}
    await opened(station)
    await brings(station, (0, "11000"), (2.5, "11200"))
    events = await eventually(lambda: station.events("monitoring.stream"))
    told = events[0].data
    assert (told["component"], told["variable"], told["evse_id"]) == ("EVSE", "Power", 1)
    assert (told["stream_id"], told["monitor_id"], told["pending"]) == (7, 4, 3)
    assert [each["value"] for each in told["values"]] == ["11000", "11200"]
    listed = (await station.http("GET", "event-streams")).json()["results"]
    assert [(each["id"], each["value"], each["interval_s"]) for each in listed] == [(7, "11200", 5)]


async def test_a_stream_is_adjusted_listed_and_closed(station: OperatedStation) -> None:
    """N12 to N14."""
    await opened(station, 7)
    await opened(station, 8)
    args = {"stream_id": 7, "interval_s": 60}
    request, command = await station.command(
        "adjust_event_stream", args, "AdjustPeriodicEventStream", {"status": "Accepted"}
    )
    assert (request, command["state"]) == ({"id": 7, "params": {"interval": 60}}, "accepted")
    answer = {"constantStreamData": [data(7, interval=60)]}
    await station.command("get_event_streams", {}, "GetPeriodicEventStream", answer)
    row = EventStream.objects.get(charge_point=station.row)
    assert (row.number, row.interval_s, row.values_at_once) == (7, 60, None)
    assert await station.call("ClosePeriodicEventStream", {"id": 7}) == {}
    await station.command("get_event_streams", {}, "GetPeriodicEventStream", {})
    assert not EventStream.objects.filter(charge_point=station.row).exists()


async def test_the_last_values_of_a_closed_stream_open_it_not_again(
    station: OperatedStation,
) -> None:
    """N13.FR.03: they are sent before it is closed, and may be worked on after."""
    await opened(station)
    await station.call("ClosePeriodicEventStream", {"id": 7})
    await brings(station, (0, "1"))
    await eventually(lambda: station.events("monitoring.stream"))
    assert not EventStream.objects.filter(charge_point=station.row).exists()


async def test_a_flood_of_values_delays_no_call(station: OperatedStation) -> None:
    await opened(station)

    async def flood() -> None:
        for number in range(300):
            await brings(station, (0, str(number)))

    async def beat() -> float:
        started = asyncio.get_running_loop().time()
        await station.call("Heartbeat", {})
        return asyncio.get_running_loop().time() - started

    results: tuple[Any, float] = await asyncio.gather(flood(), beat())
    assert results[1] < 10
    sends = Message.objects.filter(charge_point=station.row, action="NotifyPeriodicEventStream")
    await eventually(sends.exists)


async def test_earlier_versions_have_no_streams(station: OperatedStation) -> None:
    await station.charger.close()
    row = type(station.row).objects.get(pk=station.row.pk)
    row.protocol = "ocpp2.0.1"
    row.save()
    refused = await station.refuses("get_event_streams", {})
    assert refused["code"] == "not_supported"
