"""B Provisioning: BootNotification, Heartbeat (G), and the device model from NotifyReport."""

from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.inbound import Inbound
from chargepoints.models import Registration
from chargepoints.services import booting, device_model
from chargepoints.services.booting import BootDecision, Facts
from chargepoints.services.device_model import Reported
from chargepoints.versions import Handler, Payload
from core_link import decisions

_STATUS = {
    Registration.ACCEPTED: "Accepted",
    Registration.PENDING: "Pending",
    Registration.REJECTED: "Rejected",
}


def facts(payload: Payload) -> Facts:
    station = payload["chargingStation"]
    modem = station.get("modem") or {}
    return Facts(
        vendor=station["vendorName"],
        model=station["model"],
        serial_number=station.get("serialNumber", ""),
        firmware_version=station.get("firmwareVersion", ""),
        iccid=modem.get("iccid", ""),
        imsi=modem.get("imsi", ""),
        reason=payload["reason"],
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


def notify_report(inbound: Inbound, decision: Any) -> Payload:
    """B07, B08: a report comes in parts; each is stored as it comes."""
    reports = [
        reported
        for data in inbound.payload.get("reportData") or []
        for reported in _attributes(data)
    ]
    device_model.store(inbound.station.id, reports, inbound.received_at)
    if not inbound.payload.get("tbc"):
        inbound.emit(
            "charge_point.configuration_changed",
            {"request_id": inbound.payload["requestId"], "reported": True},
        )
    return {}


def _attributes(data: Payload) -> list[Reported]:
    component, variable = data["component"], data["variable"]
    evse = component.get("evse") or {}
    return [
        Reported(
            name=variable["name"],
            instance=variable.get("instance", ""),
            value=attribute.get("value"),
            mutability=attribute.get("mutability") or "ReadWrite",
            component=component["name"],
            component_instance=component.get("instance", ""),
            evse_id=evse.get("id", 0),
            connector_id=evse.get("connectorId", 0),
            attribute=attribute.get("type") or "Actual",
            characteristics=data.get("variableCharacteristics"),
        )
        for attribute in data["variableAttribute"]
    ]


HANDLERS = {
    "BootNotification": Handler(boot_notification, decide=ask_core),
    "Heartbeat": Handler(heartbeat),
    "NotifyReport": Handler(notify_report),
}
