"""OCPP 1.6J as one of the installed versions."""

from chargepoints.protocol.schemas import Schemas
from chargepoints.protocol.versions import OcppVersion
from ocpp_v16 import (
    authorization,
    boot,
    certificates,
    configuration,
    data_transfer,
    diagnostics,
    firmware,
    local_list,
    meter_values,
    remote_control,
    reservation,
    security,
    sent_requests,
    smart_charging,
    status,
    transactions,
)
from ocpp_v16.clauses import CLAUSES
from ocpp_v16.simulated_messages import SimulatedMessages

VERSION = OcppVersion(
    clauses=CLAUSES,
    name="1.6",
    subprotocol="ocpp1.6",
    aliases=("ocpp1.6j", "ocpp1.6json", "1.6", "1.6j"),
    assumed=True,
    simulated_messages=SimulatedMessages,
    triggered=remote_control.TRIGGERED
    | remote_control.TRIGGERED_EXTENDED
    | {remote_control.TRIGGERED_WRAPPED},
    schemas=Schemas("ocpp.v16", request_suffix=""),
    blocks=(
        authorization.BLOCK,
        boot.BLOCK,
        certificates.BLOCK,
        configuration.BLOCK,
        data_transfer.BLOCK,
        diagnostics.BLOCK,
        firmware.BLOCK,
        local_list.BLOCK,
        meter_values.BLOCK,
        remote_control.BLOCK,
        reservation.BLOCK,
        security.BLOCK,
        sent_requests.BLOCK,
        smart_charging.BLOCK,
        status.BLOCK,
        transactions.BLOCK,
    ),
    csms_actions=frozenset(
        {
            "CancelReservation",
            "CertificateSigned",
            "ChangeAvailability",
            "ChangeConfiguration",
            "ClearCache",
            "ClearChargingProfile",
            "DataTransfer",
            "DeleteCertificate",
            "ExtendedTriggerMessage",
            "GetCompositeSchedule",
            "GetConfiguration",
            "GetDiagnostics",
            "GetInstalledCertificateIds",
            "GetLocalListVersion",
            "GetLog",
            "InstallCertificate",
            "RemoteStartTransaction",
            "RemoteStopTransaction",
            "ReserveNow",
            "Reset",
            "SendLocalList",
            "SetChargingProfile",
            "SignedUpdateFirmware",
            "TriggerMessage",
            "UnlockConnector",
            "UpdateFirmware",
        }
    ),
    error_codes={
        # OCPP-J 1.6, 4.2.3: these names are spelled differently in 1.6.
        "FormatViolation": "FormationViolation",
        "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
        "RpcFrameworkError": "FormationViolation",
        "MessageTypeNotSupported": "GenericError",
    },
    # 4.2: requests that the gateway may send while the boot is pending.
    sent_while_pending=frozenset(
        {"ChangeConfiguration", "ExtendedTriggerMessage", "GetConfiguration", "TriggerMessage"}
    ),
    # 4.2: a pending charge point should not send these, but many do; the gateway serves them.
    served_before_boot=frozenset(
        {
            "BootNotification",
            "StatusNotification",
            "Heartbeat",
            "Authorize",
            "StartTransaction",
            "StopTransaction",
            "MeterValues",
            "DataTransfer",
            "DiagnosticsStatusNotification",
            "FirmwareStatusNotification",
            "LogStatusNotification",
            "SecurityEventNotification",
            "SignCertificate",
            "SignedFirmwareStatusNotification",
        }
    ),
    profile_purposes=tuple(smart_charging.PURPOSE),
    messages_requested=remote_control.messages_requested,
    password_in=security.password_in,
    redacted_request=security.redacted_request,
    redacted_answer=security.redacted_answer,
)
