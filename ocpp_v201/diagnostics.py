"""N Diagnostics: NotifyEvent."""

from typing import Any

from chargepoints.inbound import Inbound
from chargepoints.services import monitoring
from chargepoints.services.monitoring import Alarm
from chargepoints.versions import Handler, Payload
from ocpp_v201 import status


def notify_event(inbound: Inbound, decision: Any) -> Payload:
    for event in inbound.payload["eventData"]:
        component = event["component"]
        evse = component.get("evse") or {}
        if component["name"] == "Connector" and event["variable"]["name"] == "AvailabilityState":
            # G01.FR.07 (edition 3): a station may tell its connectors' status this way.
            status.record(
                inbound,
                evse.get("id", 0),
                evse.get("connectorId", 1),
                event["actualValue"],
                event["timestamp"],
            )
        monitoring.record(
            inbound,
            Alarm(
                event_id=event["eventId"],
                moment=inbound.time(event["timestamp"]),
                trigger=event["trigger"],
                notification_type=event["eventNotificationType"],
                component=component["name"],
                evse_id=evse.get("id"),
                variable=event["variable"]["name"],
                actual_value=event["actualValue"],
                cleared=bool(event.get("cleared")),
                raw=event,
            ),
        )
    return {}


HANDLERS = {"NotifyEvent": Handler(notify_event)}
