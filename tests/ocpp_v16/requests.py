"""Every request of OCPP 1.6 to a charge point: the command for it, and a good answer."""

from tests.operated import Payload, at
from tests.pki import root_certificate

HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "a1" * 32,
    "issuerKeyHash": "b2" * 32,
    "serialNumber": "1f",
}
# Where it is more, or something else, than `status` Accepted.
ANSWERS: dict[str, Payload] = {
    "DataTransfer": {"status": "Accepted", "data": "done"},
    "GetCompositeSchedule": {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "2026-11-22T08:00:00Z",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        },
    },
    "GetConfiguration": {
        "configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}],
        "unknownKey": ["Odd"],
    },
    "GetDiagnostics": {"fileName": "diagnostics.zip"},
    "GetInstalledCertificateIds": {"status": "Accepted", "certificateHashData": [HASHES]},
    "GetLocalListVersion": {"listVersion": 3},
    "GetLog": {"status": "Accepted", "filename": "security.log"},
    "UnlockConnector": {"status": "Unlocked"},
    "UpdateFirmware": {},
}
TOKEN = {"value": "04A1B2C3", "type": "ISO14443"}
PROFILE = {
    "purpose": "default",
    "kind": "absolute",
    "start": "2026-11-22T08:00:00Z",
    "unit": "A",
    "periods": [{"start_s": 0, "limit": 16}],
}
FIRMWARE = {"location": "https://files.example.com/a.bin", "retrieve_at": at()}
# Each request to a charge point, the command that asks for it, and a part of what goes over.
COMMANDS: dict[str, tuple[str, Payload, Payload]] = {
    "CancelReservation": ("cancel_reservation", {"reservation_id": 7}, {"reservation_id": 7}),
    "CertificateSigned": ("certificate_signed", {"chain": root_certificate("SN-1")}, {}),
    "ChangeAvailability": (
        "set_availability",
        {"availability": "inoperative", "evse_id": 1},
        {"connector_id": 1, "type": "Inoperative"},
    ),
    "ChangeConfiguration": (
        "set_configuration",
        {"key": "HeartbeatInterval", "value": "60"},
        {"key": "HeartbeatInterval", "value": "60"},
    ),
    "ClearCache": ("clear_cache", {}, {}),
    "ClearChargingProfile": (
        "clear_charging_profile",
        {"purpose": "default", "stack_level": 0},
        {"charging_profile_purpose": "TxDefaultProfile", "stack_level": 0},
    ),
    "DataTransfer": (
        "data_transfer",
        {"vendor_id": "Acme", "message_id": "light", "data": "on"},
        {"vendor_id": "Acme", "message_id": "light", "data": "on"},
    ),
    "DeleteCertificate": (
        "delete_certificate",
        {
            "hash_algorithm": "SHA256",
            "issuer_name_hash": "a1" * 32,
            "issuer_key_hash": "b2" * 32,
            "serial_number": "1f",
        },
        {},
    ),
    "ExtendedTriggerMessage": (
        "trigger",
        {"message": "LogStatusNotification"},
        {"requested_message": "LogStatusNotification"},
    ),
    "GetCompositeSchedule": (
        "get_composite_schedule",
        {"evse_id": 1, "duration_s": 600, "unit": "A"},
        {"connector_id": 1, "duration": 600, "charging_rate_unit": "A"},
    ),
    "GetConfiguration": (
        "get_configuration",
        {"keys": ["HeartbeatInterval", "Odd"]},
        {"key": ["HeartbeatInterval", "Odd"]},
    ),
    "GetDiagnostics": (
        "get_diagnostics",
        {"location": "https://files.example.com/", "retries": 2},
        {"location": "https://files.example.com/", "retries": 2},
    ),
    "GetInstalledCertificateIds": (
        "get_certificates",
        {"uses": ["csms_root"]},
        {"certificate_type": "CentralSystemRootCertificate"},
    ),
    "GetLocalListVersion": ("get_local_list_version", {}, {}),
    "GetLog": ("get_log", {"log": "security"}, {"log_type": "SecurityLog"}),
    "InstallCertificate": (
        "install_certificate",
        {"use": "csms_root", "certificate": root_certificate("Root")},
        {"certificate_type": "CentralSystemRootCertificate"},
    ),
    "RemoteStartTransaction": (
        "start",
        {"id_token": TOKEN, "evse_id": 1},
        {"id_tag": "04A1B2C3", "connector_id": 1},
    ),
    "RemoteStopTransaction": ("stop", {"transaction_id": "17"}, {"transaction_id": 17}),
    "ReserveNow": (
        "reserve",
        {"id_token": TOKEN, "evse_id": 1, "expires_at": "2030-01-01T00:00:00Z"},
        {"connector_id": 1, "id_tag": "04A1B2C3", "expiry_date": "2030-01-01T00:00:00Z"},
    ),
    "Reset": ("reset", {"type": "on_idle"}, {"type": "Soft"}),
    "SendLocalList": (
        "send_local_list",
        {"update": "full", "entries": [{"id_token": TOKEN, "status": "accepted"}]},
        {
            "update_type": "Full",
            "local_authorization_list": [
                {"id_tag": "04A1B2C3", "id_tag_info": {"status": "Accepted"}}
            ],
        },
    ),
    "SetChargingProfile": (
        "set_charging_profile",
        {"evse_id": 1, "profile": PROFILE},
        {"connector_id": 1},
    ),
    "SignedUpdateFirmware": (
        "update_firmware",
        FIRMWARE | {"signing_certificate": root_certificate("Signer"), "signature": "c2ln"},
        {},
    ),
    "TriggerMessage": ("trigger", {"message": "Heartbeat"}, {"requested_message": "Heartbeat"}),
    "UnlockConnector": ("unlock", {"evse_id": 1}, {"connector_id": 1}),
    "UpdateFirmware": ("update_firmware", FIRMWARE, {"location": FIRMWARE["location"]}),
}
