"""OCPP 2.0.1 as one of the installed versions."""

from chargepoints.protocol.schemas import Schemas
from chargepoints.protocol.versions import OcppVersion
from ocpp_v201 import evse_power, remote_control, secrets, status_info
from ocpp_v201.blocks import blocks
from ocpp_v201.clauses import CLAUSES
from ocpp_v201.dialect import Dialect
from ocpp_v201.simulated_messages import SimulatedMessages

DIALECT = Dialect(
    version="2.0.1",
    longest_id_token=36,
    longest_personal_message=512,
    # Part 2, 1.16.2; a station that accepts longer ones has to report it.
    longest_exi_response=5600,
    longest_ocsp_result=5500,
    # Edition 3: OCPP20 means 2.0.1, too.
    network_profile_version="OCPP20",
    resets=frozenset({"immediate", "on_idle"}),
    triggered=frozenset(
        {
            "BootNotification",
            "FirmwareStatusNotification",
            "Heartbeat",
            "LogStatusNotification",
            "MeterValues",
            "PublishFirmwareStatusNotification",
            "SignChargingStationCertificate",
            "SignCombinedCertificate",
            "SignV2GCertificate",
            "StatusNotification",
            "TransactionEvent",
        }
    ),
    purposes_of_operator=("station_max", "default", "transaction"),
)

VERSION = OcppVersion(
    clauses=CLAUSES,
    name=DIALECT.version,
    subprotocol="ocpp2.0.1",
    aliases=("2.0.1",),
    schemas=Schemas("ocpp.v201", request_suffix="Request"),
    simulated_messages=SimulatedMessages,
    profile_purposes=DIALECT.purposes_of_operator,
    blocks=blocks(DIALECT),
    csms_actions=frozenset(
        {
            "CancelReservation",
            "CertificateSigned",
            "ChangeAvailability",
            "ClearCache",
            "ClearChargingProfile",
            "ClearDisplayMessage",
            "ClearVariableMonitoring",
            "CostUpdated",
            "CustomerInformation",
            "DataTransfer",
            "DeleteCertificate",
            "GetBaseReport",
            "GetChargingProfiles",
            "GetCompositeSchedule",
            "GetDisplayMessages",
            "GetInstalledCertificateIds",
            "GetLocalListVersion",
            "GetLog",
            "GetMonitoringReport",
            "GetReport",
            "GetTransactionStatus",
            "GetVariables",
            "InstallCertificate",
            "PublishFirmware",
            "RequestStartTransaction",
            "RequestStopTransaction",
            "ReserveNow",
            "Reset",
            "SendLocalList",
            "SetChargingProfile",
            "SetDisplayMessage",
            "SetMonitoringBase",
            "SetMonitoringLevel",
            "SetNetworkProfile",
            "SetVariableMonitoring",
            "SetVariables",
            "TriggerMessage",
            "UnlockConnector",
            "UnpublishFirmware",
            "UpdateFirmware",
        }
    ),
    error_codes={},
    # B02.FR.09, B03.FR.07: before the boot is accepted, other messages get a SecurityError, except
    # those that the CSMS requested from a pending station.
    served_before_boot=frozenset({"BootNotification"}),
    # B02.FR.01 (use cases B05 to B08): the CSMS may read and configure a pending station.
    sent_while_pending=frozenset(
        {"GetBaseReport", "GetReport", "GetVariables", "SetVariables", "TriggerMessage"}
    ),
    messages_requested=remote_control.messages_requested,
    triggered=DIALECT.triggered,
    most_power=evse_power.most_power,
    password_in=secrets.password_in,
    redacted_request=secrets.redacted_request,
    redacted_answer=secrets.redacted_answer,
    redacted_call=secrets.redacted_call,
    redacted_for_trace=secrets.redacted_for_trace,
    reason=status_info.reason,
    answers_unreadable=True,
    # Part 4, 3.3.
    compresses=True,
    answers_unknown_types=True,
)
