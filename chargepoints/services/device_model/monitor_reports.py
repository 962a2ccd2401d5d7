"""Events that a charge point's monitors report; a repeated report writes nothing."""

from dataclasses import dataclass
from typing import Any

from chargepoints.clock import Moment, api_time
from chargepoints.database import row_changes
from chargepoints.models import MonitoringEvent
from chargepoints.protocol.inbound import Inbound, clip


@dataclass(frozen=True, slots=True)
class Alarm:
    event_id: int
    moment: Moment
    trigger: str
    notification_type: str
    component: str
    evse_id: int | None
    connector_id: int | None
    variable: str
    actual_value: str
    cleared: bool
    raw: dict[str, Any]


def record(inbound: Inbound, alarm: Alarm) -> None:
    event = row_changes.new(
        MonitoringEvent,
        charge_point_id=inbound.station.id,
        event_id=alarm.event_id,
        occurred_at=alarm.moment.at,
        received_at=inbound.received_at,
        trigger=clip(alarm.trigger, 20),
        notification_type=clip(alarm.notification_type, 40),
        component=clip(alarm.component, 50),
        # Some stations use one number for several places at the same time.
        evse_id=alarm.evse_id,
        connector_id=alarm.connector_id,
        variable=clip(alarm.variable, 50),
        actual_value=alarm.actual_value,
        cleared=alarm.cleared,
        data=alarm.raw,
    )
    if row_changes.insert_once(event):
        inbound.emit(
            "monitoring.event",
            {
                "event_id": alarm.event_id,
                "trigger": alarm.trigger,
                "component": alarm.component,
                "evse_id": alarm.evse_id,
                "connector_id": alarm.connector_id,
                "variable": alarm.variable,
                "actual_value": alarm.actual_value,
                "cleared": alarm.cleared,
                "occurred_at": api_time(alarm.moment.at),
            },
            alarm.moment,
        )
