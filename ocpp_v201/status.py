"""G Availability: StatusNotification."""

from typing import Any

from chargepoints.models import Status
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.stations import connector_status
from chargepoints.services.stations.connector_status import Report
from ocpp_v201 import numbers

_NEUTRAL = {
    "Available": Status.AVAILABLE,
    "Occupied": Status.OCCUPIED,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.UNAVAILABLE,
    "Faulted": Status.FAULTED,
    # From 1.6.
    "Preparing": Status.OCCUPIED,
    "Charging": Status.OCCUPIED,
    "SuspendedEV": Status.OCCUPIED,
    "SuspendedEVSE": Status.OCCUPIED,
    "Finishing": Status.OCCUPIED,
}


def status_notification(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    connector_id = payload.get("connectorId", 0)
    # Encoders in Go leave out both ids if they are 0. A connectorId alone is numbered as in 1.6.
    evse_id, connector_id = (
        (payload["evseId"], connector_id) if "evseId" in payload else (connector_id, 1)
    )
    if evse_id and numbers.place(inbound, evse_id) is None:
        # evseId is out of range; do not change the station's own status.
        return {}
    record(
        inbound,
        evse_id,
        connector_id,
        str(payload["connectorStatus"]),
        payload.get("timestamp"),
    )
    return {}


def record(
    inbound: Inbound, evse_id: int, connector_id: int, ocpp_status: str, timestamp: object
) -> None:
    if evse_id and connector_id == 0:
        inbound.deviate("connector_0_of_an_evse")
    report = Report(
        evse_id=numbers.place(inbound, evse_id),
        connector_id=numbers.place(inbound, connector_id) if evse_id else None,
        status=_NEUTRAL.get(ocpp_status, Status.UNKNOWN),
        ocpp_status=ocpp_status,
    )
    connector_status.record(inbound, report, inbound.time(timestamp))


BLOCK = Block(
    handlers={
        "StatusNotification": Handler(
            status_notification, dispensable=frozenset({"connectorId", "evseId", "timestamp"})
        )
    },
)
