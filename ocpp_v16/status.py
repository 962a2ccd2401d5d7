"""StatusNotification (1.6, 4.9)."""

from typing import Any

from chargepoints.clock import Moment
from chargepoints.models import Status, TimeQuality
from chargepoints.protocol.errors import OcppError
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.stations import connector_status
from chargepoints.services.stations.connector_status import Report
from chargepoints.services.transactions import lifecycle
from ocpp_v16 import numbers

_NEUTRAL = {
    "Available": Status.AVAILABLE,
    "Preparing": Status.OCCUPIED,
    "Charging": Status.OCCUPIED,
    "SuspendedEVSE": Status.OCCUPIED,
    "SuspendedEV": Status.OCCUPIED,
    "Finishing": Status.OCCUPIED,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.UNAVAILABLE,
    "Faulted": Status.FAULTED,
    # From 1.5 and 2.0.1.
    "Occupied": Status.OCCUPIED,
}
# The chargingState of 2.0.1 for the transaction on this connector.
_CHARGING_STATE = {
    "Charging": "Charging",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
    # Some chargers send it long before StopTransaction: no energy flows any more.
    "Finishing": "EVConnected",
}


def status_notification(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    connector = numbers.connector(inbound)
    # A missing connectorId means 0: encoders in Go leave out zeros.
    if connector is None and payload.get("connectorId", 0) != 0:
        # Refuse: no energy is lost, and the status of the charge point itself stays correct.
        raise OcppError("PropertyConstraintViolation", "connectorId is out of range")
    ocpp_status = str(payload["status"])
    error_code = str(payload.get("errorCode", "NoError"))
    if "timestamp" in payload:
        moment = inbound.time(payload["timestamp"])
    else:
        # `timestamp` is optional; its absence is no deviation.
        moment = Moment(inbound.received_at, TimeQuality.ESTIMATED)
    report = Report(
        # Connector 0 is the charge point as a whole (4.9).
        evse_id=connector,
        connector_id=1 if connector else None,
        status=_NEUTRAL.get(ocpp_status, Status.UNKNOWN),
        ocpp_status=ocpp_status,
        error_code="" if error_code == "NoError" else error_code,
        vendor_error_code=payload.get("vendorErrorCode", ""),
        info=payload.get("info", ""),
    )
    connector_status.record(inbound, report, moment)
    if connector and ocpp_status in _CHARGING_STATE:
        lifecycle.charging_state(inbound, connector, _CHARGING_STATE[ocpp_status], moment)
    return {}


BLOCK = Block(
    handlers={
        "StatusNotification": Handler(
            status_notification, dispensable=frozenset({"connectorId", "errorCode"})
        )
    },
)
