"""Schemas of the events about charge points and their connectors."""

from chargepoints.api.event_schemas.words import (
    ANYTHING,
    INTEGER,
    INTEGER_OR_NULL,
    OBJECT,
    TEXT,
    TEXT_OR_NULL,
    TIME,
    TIME_OR_NULL,
    TRUTH,
    Json,
    about,
    fields,
    list_of,
    one_of,
    or_null,
    reference,
)
from chargepoints.models import Upload

_STATUS: dict[str, Json] = {
    "status": reference("ConnectorStatus"),
    "ocpp_status": about(TEXT, "the status that the charge point sent"),
    "error_code": TEXT_OR_NULL,
    "vendor_error_code": TEXT_OR_NULL,
    "info": TEXT_OR_NULL,
    "reported_at": TIME,
}

COMPONENTS: dict[str, Json] = {
    "BootedData": fields(
        vendor=TEXT,
        model=TEXT,
        serial=TEXT,
        firmware=TEXT,
        reason=about(TEXT, "as reported; empty with OCPP 1.6"),
        registration=reference("RegistrationEnum"),
    ),
    "OnlineData": fields(
        protocol=TEXT,
        remote_address=TEXT,
        takeover=about(TRUTH, "an earlier socket was still open"),
    ),
    "OfflineData": fields(last_seen_at=TIME_OR_NULL),
    "StatusChangedData": fields("Of the charge point itself.", **_STATUS),
    "ConnectorStatusChangedData": fields(
        **_STATUS,
        evse_id=INTEGER,
        connector_id=about(INTEGER_OR_NULL, "null: the reported number is out of range"),
    ),
    "DeafData": fields(deaf=about(TRUTH, "it does not answer requests; false: it does again")),
    "HandshakeRefusedData": fields(reason=TEXT, remedy=TEXT, address=TEXT),
    "SecurityEventData": fields(type=TEXT, tech_info=TEXT_OR_NULL),
    "FirmwareStatusData": fields(
        "`status` is the status that the charge point sent.",
        optional=["firmware", "location", "published_at"],
        status=TEXT,
        request_id=INTEGER_OR_NULL,
        firmware=about(TEXT_OR_NULL, "the gateway's file"),
        location=TEXT_OR_NULL,
        published_at=about(list_of(TEXT), "of a local controller (`publish_firmware`)"),
    ),
    "DiagnosticsUploadedData": fields(
        upload_id=INTEGER,
        kind=one_of(Upload.Kind.values),
        request_id=INTEGER_OR_NULL,
        file_name=TEXT_OR_NULL,
        size=INTEGER_OR_NULL,
        hosted=about(TRUTH, "the gateway has the file"),
    ),
    "SettingWritten": fields(
        "A setting was written.",
        optional=["evse_id", "connector_id", "attribute"],
        key=TEXT,
        value=TEXT,
        reboot_required=TRUTH,
        evse_id=INTEGER_OR_NULL,
        connector_id=INTEGER_OR_NULL,
        attribute=TEXT,
    ),
    "DeviceModelReported": fields(
        "The report of the device model is complete.",
        request_id=INTEGER_OR_NULL,
        reported={"const": True},
    ),
    "ExternalLimit": fields(
        optional=["grid_critical"],
        evse_id=about(INTEGER_OR_NULL, "null: of all; 0: of the charge point"),
        source=TEXT,
        schedule=or_null(OBJECT),
        cleared=TRUTH,
        grid_critical={"type": ["boolean", "null"]},
    ),
    "ExternalLimitChanged": fields(
        "Somebody else limits the charge point.", external_limit=reference("ExternalLimit")
    ),
    "ConfigurationChangedData": {
        "oneOf": [
            reference("SettingWritten"),
            reference("DeviceModelReported"),
            reference("ExternalLimitChanged"),
        ]
    },
    "MonitoringEventData": fields(
        event_id=INTEGER,
        trigger=TEXT,
        component=TEXT,
        evse_id=INTEGER_OR_NULL,
        connector_id=INTEGER_OR_NULL,
        variable=TEXT,
        actual_value=TEXT,
        cleared=TRUTH,
        occurred_at=TIME,
    ),
    "StreamedValue": fields(at=TIME, value=TEXT),
    "MonitoringStreamData": fields(
        stream_id=INTEGER,
        monitor_id=INTEGER_OR_NULL,
        component=TEXT_OR_NULL,
        evse_id=INTEGER_OR_NULL,
        connector_id=INTEGER_OR_NULL,
        variable=TEXT_OR_NULL,
        severity=INTEGER_OR_NULL,
        values=list_of(reference("StreamedValue")),
        pending=INTEGER,
    ),
    "DisplayMessageChangedData": fields(id=INTEGER, shown=TRUTH),
    "DataTransferReceivedData": fields(
        vendor_id=TEXT,
        message_id=TEXT_OR_NULL,
        data=about(ANYTHING, "as the charge point sent it; text with OCPP 1.6"),
        status=about(
            one_of(["accepted", "rejected", "unknown_message_id", "unknown_vendor_id"]),
            "what it was answered",
        ),
    ),
}

DATA: dict[str, str] = {
    "charge_point.booted": "BootedData",
    "charge_point.online": "OnlineData",
    "charge_point.offline": "OfflineData",
    "charge_point.status_changed": "StatusChangedData",
    "charge_point.configuration_changed": "ConfigurationChangedData",
    "charge_point.deaf": "DeafData",
    "charge_point.diagnostics_uploaded": "DiagnosticsUploadedData",
    "charge_point.firmware_status": "FirmwareStatusData",
    "charge_point.handshake_refused": "HandshakeRefusedData",
    "charge_point.security_event": "SecurityEventData",
    "connector.status_changed": "ConnectorStatusChangedData",
    "data_transfer.received": "DataTransferReceivedData",
    "display_message.changed": "DisplayMessageChangedData",
    "monitoring.event": "MonitoringEventData",
    "monitoring.stream": "MonitoringStreamData",
}
