"""Firmware management (1.6, 5.19 and 4.5), and its signed form (security whitepaper, 5)."""

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
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.files import firmware
from ocpp_v16 import numbers


def tries(args: Payload) -> Payload:
    """The number of tries, and the seconds between them."""
    said: Payload = {}
    if "retries" in args:
        said["retries"] = args["retries"]
    if "retry_interval_s" in args:
        said["retryInterval"] = args["retry_interval_s"]
    return said


def choose(command: Command) -> str:
    try:
        return "SignedUpdateFirmware" if firmware.is_signed(command) else "UpdateFirmware"
    except CommandRefused:
        return "UpdateFirmware"


def update(unit: UnitOfWork, command: Command) -> Payload:
    signed = firmware.is_signed(command)
    wanted = firmware.ask(command)
    if not signed:
        return {
            "location": wanted.location,
            "retrieveDate": ocpp_time(wanted.retrieve_at),
            **tries(command.args),
        }
    image: Payload = {
        "location": wanted.location,
        "retrieveDateTime": ocpp_time(wanted.retrieve_at),
        "signingCertificate": wanted.signing_certificate,
        "signature": wanted.signature,
    }
    if wanted.install_at is not None:
        image["installDateTime"] = ocpp_time(wanted.install_at)
    return {"requestId": wanted.update.request_id, "firmware": image, **tries(command.args)}


def raw_update(command: Command, payload: Payload) -> None:
    firmware.ask_raw(command, payload["location"])


def raw_signed_update(command: Command, payload: Payload) -> None:
    firmware.ask_raw(command, payload["firmware"]["location"], payload["requestId"])


def record_signed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == firmware.CANCELED:
        firmware.superseded(unit, command)


def status_notification(inbound: Inbound, decision: Any) -> Payload:
    firmware.report(inbound, str(inbound.payload["status"]))
    return {}


def signed_status_notification(inbound: Inbound, decision: Any) -> Payload:
    status = str(inbound.payload["status"])
    firmware.report(inbound, status, request_id=numbers.numbered(inbound, "requestId"))
    return {}


BLOCK = Block(
    handlers={
        "FirmwareStatusNotification": Handler(status_notification),
        "SignedFirmwareStatusNotification": Handler(
            signed_status_notification, dispensable=frozenset({"requestId"})
        ),
    },
    commands={"update_firmware": CommandTranslation("UpdateFirmware", update, choose)},
    responses={
        # L01.FR.26: AcceptedCanceled means accepted; the earlier update is cancelled.
        "SignedUpdateFirmware": ResponseReading(
            accepting("Accepted", firmware.CANCELED), record_signed
        ),
    },
    raw_requests={"UpdateFirmware": raw_update, "SignedUpdateFirmware": raw_signed_update},
)
