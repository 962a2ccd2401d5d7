"""The event streams of a charge point: opened, adjusted, closed; and their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chargepoints.clock import Moment, api_time
from chargepoints.models import EventStream, Monitor
from chargepoints.protocol.inbound import Inbound, clip


@dataclass(frozen=True, slots=True)
class Opened:
    number: int
    monitor_number: int
    interval_s: int | None
    values_at_once: int | None


def store(charge_point_id: int, streams: Sequence[Opened], at: datetime) -> None:
    for stream in streams:
        row, _ = EventStream.objects.get_or_create(
            charge_point_id=charge_point_id, number=stream.number, defaults={"opened_at": at}
        )
        row.monitor_number = stream.monitor_number
        row.interval_s = stream.interval_s
        row.values_at_once = stream.values_at_once
        row.save()


def close(charge_point_id: int, number: int) -> None:
    EventStream.objects.filter(charge_point_id=charge_point_id, number=number).delete()


def close_others(charge_point_id: int, streams: Sequence[Opened]) -> None:
    """Delete all other streams: the charge point has only these."""
    known = EventStream.objects.filter(charge_point_id=charge_point_id)
    known.exclude(number__in=[stream.number for stream in streams]).delete()


def bring(
    inbound: Inbound, number: int, values: Sequence[tuple[Moment, str]], pending: int
) -> None:
    """Keep the newest value; send all values to core, with what the stream measures."""
    moment, value = max(values, key=lambda each: each[0].at)
    station_id = inbound.station.id
    # None: the stream is closed; its last values were sent at the same time as other messages.
    row = EventStream.objects.filter(charge_point_id=station_id, number=number).first()
    if row is not None:
        row.value, row.value_at = clip(value, 2500), moment.at
        row.pending = pending
        row.save()
    of_stream = row.monitor_number if row else None
    monitors = Monitor.objects.filter(charge_point_id=station_id)
    monitor = None if of_stream is None else monitors.filter(number=of_stream).first()
    inbound.emit(
        "monitoring.stream",
        {
            "stream_id": number,
            "monitor_id": of_stream,
            "component": monitor.component if monitor else None,
            "evse_id": (monitor.evse_id or None) if monitor else None,
            "connector_id": (monitor.connector_id or None) if monitor else None,
            "variable": monitor.variable if monitor else None,
            "severity": monitor.severity if monitor else None,
            "values": [{"at": api_time(each.at), "value": text} for each, text in values],
            "pending": pending,
        },
        moment,
    )
