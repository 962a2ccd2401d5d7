"""Schemas of the events about commands, certificates, batteries and the grid."""

from chargepoints.api.event_schemas.words import (
    INTEGER,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    TRUTH,
    Json,
    about,
    fields,
    list_of,
    one_of,
    or_null,
    reference,
)
from chargepoints.models import Command
from chargepoints.services.commands.command_types import COMMAND_TYPES

COMPONENTS: dict[str, Json] = {
    "EventError": fields(**{"class": one_of(Command.ErrorClass.values)}, code=TEXT, detail=TEXT),
    "CommandFinishedData": fields(
        command_id={"type": "string", "format": "uuid"},
        type=one_of(COMMAND_TYPES),
        state=reference("CommandState"),
        requested_by=TEXT,
        trace_id=TEXT,
        error=or_null(reference("EventError")),
    ),
    "CertificateRequestedData": fields(
        use=about(TEXT_OR_NULL, "charging_station, v2g or v2g20; null: for all"), signed=TRUTH
    ),
    "CertificateInstalledData": fields(
        use=TEXT_OR_NULL, command_id={"type": "string", "format": "uuid"}
    ),
    "Battery": fields(
        evse_id=INTEGER,
        serial_number=TEXT,
        soc_percent=NUMBER,
        soh_percent=NUMBER,
        production_date=TEXT_OR_NULL,
        vendor_info=TEXT_OR_NULL,
    ),
    "BatterySwappedData": fields(
        request_id=INTEGER,
        direction=about(TEXT, "in, out or out_timeout"),
        id_token=reference("EventToken"),
        batteries=list_of(reference("Battery")),
    ),
    "DerAlarmData": fields(type=TEXT, fault=TEXT_OR_NULL, ended=TRUTH, info=TEXT_OR_NULL, at=TIME),
    "DerControlChangedData": fields(control_id=TEXT, type=TEXT_OR_NULL, started=TRUTH, at=TIME),
}

DATA: dict[str, str] = {
    "battery.swapped": "BatterySwappedData",
    "certificate.installed": "CertificateInstalledData",
    "certificate.requested": "CertificateRequestedData",
    "command.finished": "CommandFinishedData",
    "der.alarm": "DerAlarmData",
    "der.control_changed": "DerControlChangedData",
}
