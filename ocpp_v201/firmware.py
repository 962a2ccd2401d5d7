"""L Firmware: updates, signed or not, and firmware published in a local network."""

from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
    accepting,
)
from chargepoints.services.commands import outcomes
from chargepoints.services.files import firmware
from ocpp_v201.requests import request_id, tries

PUBLISHED = "Published"
PUBLISH_FAILED = frozenset({"DownloadFailed", "InvalidChecksum", "PublishFailed"})


def update(unit: UnitOfWork, command: Command) -> Payload:
    """L01, L02; L01.FR.11: with certificate and signature if the firmware is signed."""
    wanted = firmware.ask(command)
    image: Payload = {
        "location": wanted.location,
        "retrieveDateTime": ocpp_time(wanted.retrieve_at),
    }
    if wanted.install_at is not None:
        image["installDateTime"] = ocpp_time(wanted.install_at)
    if wanted.signature:
        image["signature"] = wanted.signature
        image["signingCertificate"] = wanted.signing_certificate
    return {"requestId": wanted.update.request_id, "firmware": image, **tries(command.args)}


def raw_update(command: Command, payload: Payload) -> None:
    firmware.ask_raw(command, payload["firmware"]["location"], payload["requestId"])


def record_update(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == firmware.CANCELED:
        firmware.superseded(unit, command)


def status_notification(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    firmware.report(inbound, str(payload["status"]), request_id=payload.get("requestId"))
    return {}


def publish(unit: UnitOfWork, command: Command) -> Payload:
    offered = firmware.offer(command)
    number = request_id(command)
    command.effect_key = _effect(number)
    return {
        "location": offered.location,
        "checksum": offered.md5,
        "requestId": number,
        **tries(command.args),
    }


def unpublish(unit: UnitOfWork, command: Command) -> Payload:
    return {"checksum": firmware.offered_md5(command)}


def publish_status(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    status, number = str(payload["status"]), payload.get("requestId")
    inbound.emit_unless_repeated(
        "charge_point.firmware_status",
        {"status": status, "request_id": number, "published_at": payload.get("location") or []},
    )
    if number is None:
        return {}
    station_id, effect = inbound.station.id, _effect(number)
    said = {name: payload[name] for name in ("status", "location") if name in payload}
    outcomes.add_part(inbound.unit, station_id, effect, said, last=status == PUBLISHED)
    if status in PUBLISH_FAILED:
        outcomes.deny_effect(inbound.unit, station_id, effect, status)
    return {}


def _effect(request_number: int) -> str:
    return f"publish:{request_number}"


BLOCK = Block(
    handlers={
        "FirmwareStatusNotification": Handler(status_notification),
        "PublishFirmwareStatusNotification": Handler(publish_status),
    },
    commands={
        "update_firmware": CommandTranslation("UpdateFirmware", update),
        "publish_firmware": CommandTranslation("PublishFirmware", publish),
        "unpublish_firmware": CommandTranslation("UnpublishFirmware", unpublish),
    },
    responses={
        # L01.FR.24: AcceptedCanceled means accepted; the earlier update is cancelled.
        "UpdateFirmware": ResponseReading(accepting("Accepted", firmware.CANCELED), record_update),
        # L04.FR.03: NoFirmware means that no firmware is published under this checksum.
        "UnpublishFirmware": ResponseReading(accepting("Unpublished", "NoFirmware")),
    },
    raw_requests={"UpdateFirmware": raw_update},
)
