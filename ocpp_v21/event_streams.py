"""N11 to N15: periodic event streams: values of a monitor, sent without being answered."""

from datetime import timedelta
from typing import Any

from chargepoints import clock
from chargepoints.clock import Moment
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.device_model import event_streams
from chargepoints.services.device_model.event_streams import Opened
from ocpp_v201 import numbers
from ocpp_v201.monitors import stream_params

# A larger offset from the base time is implausible.
LONGEST_S = 366 * 86_400


def opened(inbound: Inbound, decision: Any) -> Payload:
    """N11.FR.05."""
    stream = _opened(inbound.payload["constantStreamData"])
    event_streams.store(inbound.station.id, [stream], inbound.received_at)
    return {"status": "Accepted"}


def closed(inbound: Inbound, decision: Any) -> Payload:
    event_streams.close(inbound.station.id, numbers.clipped(inbound.payload["id"]))
    return {}


def values(inbound: Inbound, decision: Any) -> Payload:
    """N14: each value has an offset from the base time, in seconds."""
    payload = inbound.payload
    base = inbound.time(payload.get("basetime"))
    data = [(_later(base, each["t"]), each["v"]) for each in payload["data"]]
    if data:
        event_streams.bring(
            inbound,
            numbers.clipped(payload["id"]),
            data,
            numbers.clipped(payload.get("pending", 0), 0),
        )
    return {}


def _later(base: Moment, seconds: float) -> Moment:
    if abs(seconds) > LONGEST_S:
        return base
    return base._replace(at=base.at + timedelta(seconds=seconds))


def _opened(data: Payload) -> Opened:
    params = data["params"]
    interval, at_once = params.get("interval"), params.get("values")
    return Opened(
        number=numbers.clipped(data["id"]),
        monitor_number=numbers.clipped(data["variableMonitoringId"]),
        interval_s=None if interval is None else numbers.clipped(interval, 0),
        values_at_once=None if at_once is None else numbers.clipped(at_once, 0),
    )


def adjust(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    return {"id": args["stream_id"], "params": stream_params(args)}


def ask(unit: UnitOfWork, command: Command) -> Payload:
    return {}


def record_all(unit: UnitOfWork, command: Command, response: Payload) -> None:
    streams = [_opened(data) for data in response.get("constantStreamData") or []]
    event_streams.store(command.charge_point_id, streams, clock.now())
    event_streams.close_others(command.charge_point_id, streams)


BLOCK = Block(
    handlers={
        "ClosePeriodicEventStream": Handler(closed),
        "NotifyPeriodicEventStream": Handler(
            values, dispensable=frozenset({"basetime", "pending"})
        ),
        "OpenPeriodicEventStream": Handler(opened),
    },
    commands={
        "adjust_event_stream": CommandTranslation("AdjustPeriodicEventStream", adjust),
        "get_event_streams": CommandTranslation("GetPeriodicEventStream", ask),
    },
    responses={"GetPeriodicEventStream": ResponseReading(record=record_all)},
)
