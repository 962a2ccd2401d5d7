"""Remote control (1.6, chapter 5), and TriggerMessage (5.17)."""

from dataclasses import replace

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Conclusion,
    Payload,
    ResponseReading,
    accepting,
    by_status,
)
from chargepoints.services.commands import effect_deadlines
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import profile_requests
from chargepoints.services.stations import booting
from chargepoints.services.transactions import lifecycle
from ocpp_v16 import plug_and_charge, smart_charging
from ocpp_v16.long_tags import LONGEST_ID_TAG

RESETS = OcppValues({"immediate": "Hard", "on_idle": "Soft"})
# 7.7
TRIGGERED = frozenset(
    {
        "BootNotification",
        "DiagnosticsStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "StatusNotification",
    }
)
# Security whitepaper, MessageTriggerEnumType: only in ExtendedTriggerMessage.
TRIGGERED_EXTENDED = frozenset({"LogStatusNotification", "SignChargePointCertificate"})

# Names of 2.0.1 -> names of 1.6.
TRIGGERED_AS = {"SignChargingStationCertificate": "SignChargePointCertificate"}

# Plug & Charge: its only trigger, without a requestedMessage.
TRIGGERED_WRAPPED = "SignV2GCertificate"


def messages_requested(action: str, payload: Payload) -> frozenset[str]:
    """4.2: the messages that a charge point may send before its boot is accepted."""
    if action not in ("TriggerMessage", "ExtendedTriggerMessage"):
        return frozenset()
    message = str(payload.get("requestedMessage"))
    return frozenset({"SignCertificate" if message.startswith("Sign") else message})


def remote_start(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    value = args["id_token"]["value"]
    if len(value) > LONGEST_ID_TAG:
        raise CommandRefused("invalid_args", "an idTag has at most 20 characters in OCPP 1.6")
    if "group_id_token" in args:
        raise CommandRefused("not_supported", "OCPP 1.6 cannot start with a group token")
    evse_id = args.get("evse_id")
    command.effect_key = lifecycle.start_effect(f"{evse_id or 0}:{value}".lower())
    payload: Payload = {"idTag": value}
    if evse_id is not None:
        payload["connectorId"] = evse_id
    if "charging_profile" in args:
        # 5.16.2: a remote start may contain only a TxProfile, without a transactionId.
        if args["charging_profile"]["purpose"] != "transaction":
            raise CommandRefused("invalid_args", "the profile's purpose must be `transaction`")
        if "transaction_id" in args["charging_profile"]:
            raise CommandRefused("invalid_args", "a start profile cannot have a transaction id")
        profile = profile_requests.numbered(unit, command, evse_id or 0, "charging_profile")
        payload["chargingProfile"] = smart_charging.charging_profile(
            unit, command.charge_point, profile
        )
    return payload


def conclude_start(command: Command, response: Payload) -> Conclusion:
    # 9.1.6
    within_s = effect_deadlines.start_within_s(command.charge_point_id, "", "ConnectionTimeOut")
    return replace(by_status(command, response), effect_within_s=within_s)


def record_start(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == "Accepted":
        profile_requests.accepted_with_start(command)


def remote_stop(unit: UnitOfWork, command: Command) -> Payload:
    transaction_id = command.args["transaction_id"]
    try:
        number = int(transaction_id)
    except ValueError:
        raise CommandRefused("invalid_args", "a transaction id is an integer in OCPP 1.6") from None
    command.effect_key = lifecycle.stop_effect(transaction_id)
    return {"transactionId": number}


def reset(unit: UnitOfWork, command: Command) -> Payload:
    if "evse_id" in command.args:
        raise CommandRefused("not_supported", "OCPP 1.6 resets the whole charge point only")
    kind = RESETS[command.args.get("type", "on_idle")]
    command.effect_key = booting.RESET_EFFECT
    return {"type": kind}


def trigger(unit: UnitOfWork, command: Command) -> Payload:
    message = _triggered(command)
    if message == TRIGGERED_WRAPPED:
        return plug_and_charge.wrap("TriggerMessage", {})
    if message not in TRIGGERED | TRIGGERED_EXTENDED:
        raise CommandRefused("not_supported", f"OCPP 1.6 cannot trigger {message}")
    payload: Payload = {"requestedMessage": message}
    if "evse_id" in command.args:
        payload["connectorId"] = command.args["evse_id"]
    return payload


def _triggered(command: Command) -> str:
    message: str = command.args["message"]
    return TRIGGERED_AS.get(message, message)


def choose_trigger(command: Command) -> str:
    message = _triggered(command)
    if message == TRIGGERED_WRAPPED:
        return "DataTransfer"
    return "ExtendedTriggerMessage" if message in TRIGGERED_EXTENDED else "TriggerMessage"


def unlock_connector(unit: UnitOfWork, command: Command) -> Payload:
    return {"connectorId": command.args["evse_id"]}


def change_availability(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    return {
        # 5.2: connector 0 is the charge point with all its connectors.
        "connectorId": args.get("evse_id", 0),
        "type": args["availability"].capitalize(),
    }


def clear_cache(unit: UnitOfWork, command: Command) -> Payload:
    return {}


BLOCK = Block(
    commands={
        "start": CommandTranslation(
            "RemoteStartTransaction",
            remote_start,
            reading=ResponseReading(conclude_start, record_start),
        ),
        "stop": CommandTranslation("RemoteStopTransaction", remote_stop),
        "reset": CommandTranslation("Reset", reset),
        "unlock": CommandTranslation("UnlockConnector", unlock_connector),
        "set_availability": CommandTranslation("ChangeAvailability", change_availability),
        "clear_cache": CommandTranslation("ClearCache", clear_cache),
        "trigger": CommandTranslation("TriggerMessage", trigger, choose_trigger),
    },
    responses={
        # 5.2: Scheduled means accepted, in force when the transaction has ended.
        "ChangeAvailability": ResponseReading(accepting("Accepted", "Scheduled")),
        # 1.5 answers Accepted instead of Unlocked.
        "UnlockConnector": ResponseReading(accepting("Unlocked", "Accepted")),
    },
)
