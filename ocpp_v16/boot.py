"""BootNotification and Heartbeat (1.6, 4.2 and 4.6)."""

from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.models import Registration
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.stations import booting
from chargepoints.services.stations.booting import BootDecision, Facts
from core_link import decisions

_STATUS = {
    Registration.ACCEPTED: "Accepted",
    Registration.PENDING: "Pending",
    Registration.REJECTED: "Rejected",
}


def facts(payload: Payload) -> Facts:
    return Facts(
        vendor=payload.get("chargePointVendor", ""),
        model=payload.get("chargePointModel", ""),
        serial_number=payload.get("chargePointSerialNumber")
        or payload.get("chargeBoxSerialNumber", ""),
        firmware_version=payload.get("firmwareVersion", ""),
        iccid=payload.get("iccid", ""),
        imsi=payload.get("imsi", ""),
    )


async def ask_core(inbound: Inbound) -> BootDecision | None:
    return await decisions.boot(inbound.station, facts(inbound.payload))


def boot_notification(inbound: Inbound, decision: BootDecision | None) -> Payload:
    registration, interval = booting.boot(inbound, facts(inbound.payload), decision)
    return {
        "status": _STATUS[Registration(registration)],
        "currentTime": ocpp_time(inbound.received_at),
        "interval": interval,
    }


def heartbeat(inbound: Inbound, decision: Any) -> Payload:
    return {"currentTime": ocpp_time(inbound.received_at)}


BLOCK = Block(
    handlers={
        "BootNotification": Handler(
            boot_notification,
            decide=ask_core,
            dispensable=frozenset({"chargePointVendor", "chargePointModel"}),
        ),
        "Heartbeat": Handler(heartbeat),
    },
)
