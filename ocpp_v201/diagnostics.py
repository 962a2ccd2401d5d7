"""N Diagnostics: logs (N01), and the events that monitors raise (N07)."""

from datetime import datetime
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
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.device_model import monitor_reports
from chargepoints.services.device_model.monitor_reports import Alarm
from chargepoints.services.files import uploads
from chargepoints.services.files.uploads import Kind
from chargepoints.services.tokens import vehicles
from chargepoints.services.transactions import lifecycle
from ocpp_v201 import numbers, status
from ocpp_v201.requests import tries

LOG_TYPE = OcppValues(
    {
        "data_collector": "DataCollectorLog",
        "diagnostics": "DiagnosticsLog",
        "security": "SecurityLog",
    }
)
LOG_KIND = {
    "data_collector": Kind.DATA_COLLECTOR,
    "diagnostics": Kind.DIAGNOSTICS_LOG,
    "security": Kind.SECURITY_LOG,
}
KIND_OF_LOG = {LOG_TYPE[name]: kind for name, kind in LOG_KIND.items()}
LOG_FAILURES = frozenset(
    {"AcceptedCanceled", "BadMessage", "NotSupportedOperation", "PermissionDenied", "UploadFailure"}
)
# A station may report status by NotifyEvent: of connectors (G01.FR.07, edition 3), and of itself,
# for which there is no StatusNotification (H01, S2, 5a).
TELL_STATUS = frozenset({"ChargingStation", "Connector"})


# Fields that may be missing in an event and in the message.
EVENT = frozenset(
    {"actualValue", "eventId", "eventNotificationType", "timestamp", "trigger"}
    | {"generatedAt", "seqNo", "id"}
)


def notify_event(inbound: Inbound, decision: Any) -> Payload:
    for event in inbound.payload["eventData"]:
        component = event["component"]
        evse = component.get("evse") or {}
        if component["name"] in TELL_STATUS and event["variable"]["name"] == "AvailabilityState":
            status.record(
                inbound,
                evse.get("id", 0),
                evse.get("connectorId", 1),
                event.get("actualValue", ""),
                event.get("timestamp"),
            )
        if component["name"] == "ConnectedEV":
            told = vehicles.read(event["variable"]["name"], event.get("actualValue"))
            place = numbers.place(inbound, evse.get("id"))
            lifecycle.vehicle_reported(inbound, told and told._replace(evse_id=place))
        monitor_reports.record(
            inbound,
            Alarm(
                event_id=numbers.clipped(event.get("eventId", 0)),
                moment=inbound.time(event.get("timestamp")),
                trigger=event.get("trigger", ""),
                notification_type=event.get("eventNotificationType", ""),
                component=component["name"],
                evse_id=numbers.place(inbound, evse.get("id")),
                connector_id=numbers.place(inbound, evse.get("connectorId")),
                variable=event["variable"]["name"],
                actual_value=event.get("actualValue", ""),
                cleared=bool(event.get("cleared")),
                raw=event,
            ),
        )
    return {}


def get_log(unit: UnitOfWork, command: Command) -> Payload:
    """N01: the upload URL is the gateway's if the command has none; diagnostics are a log here."""
    args = command.args
    kind = args.get("log", "diagnostics")
    log_type = LOG_TYPE[kind]
    wanted = uploads.ask(command, LOG_KIND[kind], numbered=True)
    log: Payload = {"remoteLocation": wanted.location}
    for name, here in (("oldestTimestamp", "since"), ("latestTimestamp", "until")):
        if here in args:
            log[name] = ocpp_time(datetime.fromisoformat(args[here]))
    return {
        "logType": log_type,
        "requestId": wanted.upload.request_id,
        "log": log,
        **tries(args),
    }


def raw_log(command: Command, payload: Payload) -> None:
    kind = KIND_OF_LOG[payload["logType"]]
    uploads.ask_raw(command, kind, payload["log"]["remoteLocation"], payload["requestId"])


def record_log(unit: UnitOfWork, command: Command, response: Payload) -> None:
    uploads.answered(unit, command, str(response["status"]), response.get("filename") or "")


def log_status(inbound: Inbound, decision: Any) -> Payload:
    status = str(inbound.payload["status"])
    if status != "Idle":
        uploads.report(
            inbound,
            status,
            kinds=uploads.LOGS,
            request_id=inbound.payload.get("requestId"),
            done=status == "Uploaded",
            failed=status in LOG_FAILURES,
        )
    return {}


BLOCK = Block(
    handlers={
        "LogStatusNotification": Handler(log_status),
        "NotifyEvent": Handler(notify_event, dispensable=EVENT),
    },
    commands={
        "get_diagnostics": CommandTranslation("GetLog", get_log),
        "get_log": CommandTranslation("GetLog", get_log),
    },
    responses={
        # N01.FR.12: AcceptedCanceled means accepted; the earlier upload is cancelled.
        "GetLog": ResponseReading(accepting("Accepted", uploads.CANCELED), record_log),
    },
    raw_requests={"GetLog": raw_log},
)
