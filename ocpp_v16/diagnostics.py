"""Diagnostics (1.6, 5.9 and 4.4), and logs (security whitepaper, 4.4)."""

from datetime import datetime
from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Conclusion,
    Handler,
    Payload,
    ResponseReading,
    accepting,
)
from chargepoints.services.commands.command_types.files import NAMED_NO_FILE
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.files import uploads
from chargepoints.services.files.uploads import Kind
from ocpp_v16 import numbers
from ocpp_v16.firmware import tries

LOG_TYPE = OcppValues({"diagnostics": "DiagnosticsLog", "security": "SecurityLog"})
LOG_KIND = {"diagnostics": Kind.DIAGNOSTICS_LOG, "security": Kind.SECURITY_LOG}
KIND_OF_LOG = {LOG_TYPE[name]: kind for name, kind in LOG_KIND.items()}
LOG_FAILURES = frozenset(
    {"BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure"}
)


def get_diagnostics(unit: UnitOfWork, command: Command) -> Payload:
    wanted = uploads.ask(command, Kind.DIAGNOSTICS)
    between = _between(command.args, "startTime", "stopTime")
    return {"location": wanted.location, **between, **tries(command.args)}


def get_log(unit: UnitOfWork, command: Command) -> Payload:
    log = command.args["log"]
    log_type = LOG_TYPE[log]
    wanted = uploads.ask(command, LOG_KIND[log], numbered=True)
    between = _between(command.args, "oldestTimestamp", "latestTimestamp")
    return {
        "logType": log_type,
        "requestId": wanted.upload.request_id,
        "log": {"remoteLocation": wanted.location, **between},
        **tries(command.args),
    }


def _between(args: Payload, since: str, until: str) -> Payload:
    said: Payload = {}
    for name, here in ((since, "since"), (until, "until")):
        if here in args:
            said[name] = ocpp_time(datetime.fromisoformat(args[here]))
    return said


def raw_diagnostics(command: Command, payload: Payload) -> None:
    uploads.ask_raw(command, Kind.DIAGNOSTICS, payload["location"])


def raw_log(command: Command, payload: Payload) -> None:
    kind = KIND_OF_LOG[payload["logType"]]
    uploads.ask_raw(command, kind, payload["log"]["remoteLocation"], payload["requestId"])


def record_diagnostics(unit: UnitOfWork, command: Command, response: Payload) -> None:
    uploads.promised(command, response.get("fileName") or "")


def conclude_diagnostics(command: Command, response: Payload) -> Conclusion:
    # 5.9: without a file name there is nothing to upload. Some charge points upload a file even so.
    if not response.get("fileName"):
        return Conclusion(Command.State.ACCEPTED, NAMED_NO_FILE, "the answer contains no file name")
    return Conclusion(Command.State.ACCEPTED)


def record_log(unit: UnitOfWork, command: Command, response: Payload) -> None:
    uploads.answered(unit, command, str(response["status"]), response.get("filename") or "")


def diagnostics_status(inbound: Inbound, decision: Any) -> Payload:
    status = str(inbound.payload["status"])
    if status != "Idle":
        uploads.report(
            inbound,
            status,
            kinds=frozenset({Kind.DIAGNOSTICS}),
            done=status == "Uploaded",
            failed=status == "UploadFailed",
        )
    return {}


def log_status(inbound: Inbound, decision: Any) -> Payload:
    status = str(inbound.payload["status"])
    if status != "Idle":
        uploads.report(
            inbound,
            status,
            kinds=uploads.LOGS,
            request_id=numbers.numbered(inbound, "requestId"),
            done=status == "Uploaded",
            failed=status in LOG_FAILURES,
        )
    return {}


BLOCK = Block(
    handlers={
        "DiagnosticsStatusNotification": Handler(diagnostics_status),
        "LogStatusNotification": Handler(log_status, dispensable=frozenset({"requestId"})),
    },
    commands={
        "get_diagnostics": CommandTranslation("GetDiagnostics", get_diagnostics),
        "get_log": CommandTranslation("GetLog", get_log),
    },
    responses={
        "GetDiagnostics": ResponseReading(conclude_diagnostics, record_diagnostics),
        # AcceptedCanceled means accepted; the charge point has cancelled the earlier upload.
        "GetLog": ResponseReading(accepting("Accepted", uploads.CANCELED), record_log),
    },
    raw_requests={"GetDiagnostics": raw_diagnostics, "GetLog": raw_log},
)
