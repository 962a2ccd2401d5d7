"""The neutral commands in OCPP 1.6's words (chapter 5)."""

from django.utils import timezone

from chargepoints.models import Command
from chargepoints.services import booting, device_model, transactions
from chargepoints.services.commands import CommandRefused
from chargepoints.services.device_model import Reported
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import CommandTranslation, Conclusion, Payload, ResponseReading

# 7.7, and the security whitepaper's ExtendedTriggerMessage for what TriggerMessage lacks.
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


def remote_start(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    value = args["id_token"]["value"]
    if len(value) > 20:
        raise CommandRefused("invalid_args", "an idTag has at most 20 characters in OCPP 1.6")
    evse_id = args.get("evse_id")
    command.effect_key = transactions.start_effect(f"{evse_id or 0}:{value}".lower())
    payload: Payload = {"idTag": value}
    if evse_id is not None:
        payload["connectorId"] = evse_id
    return payload


def remote_stop(unit: UnitOfWork, command: Command) -> Payload:
    transaction_id = command.args["transaction_id"]
    try:
        number = int(transaction_id)
    except ValueError:
        raise CommandRefused("invalid_args", "a transaction id is an integer in OCPP 1.6") from None
    command.effect_key = transactions.stop_effect(transaction_id)
    return {"transactionId": number}


def reset(unit: UnitOfWork, command: Command) -> Payload:
    if "evse_id" in command.args:
        raise CommandRefused("not_supported", "OCPP 1.6 resets the whole charge point only")
    command.effect_key = booting.RESET_EFFECT
    return {"type": "Hard" if command.args.get("type") == "immediate" else "Soft"}


def trigger(unit: UnitOfWork, command: Command) -> Payload:
    message = command.args["message"]
    if message not in TRIGGERED:
        raise CommandRefused("not_supported", f"OCPP 1.6 cannot trigger {message}")
    payload: Payload = {"requestedMessage": message}
    if "evse_id" in command.args:
        payload["connectorId"] = command.args["evse_id"]
    return payload


def get_configuration(unit: UnitOfWork, command: Command) -> Payload:
    keys = command.args.get("keys")
    return {"key": keys} if keys else {}


def record_configuration(unit: UnitOfWork, command: Command, response: Payload) -> None:
    read_at = timezone.now()
    reports = [
        Reported(
            name=entry["key"],
            value=entry.get("value"),
            mutability="ReadOnly" if entry.get("readonly") else "ReadWrite",
        )
        for entry in response.get("configurationKey") or []
    ]
    reports += [
        Reported(name=str(key), value=None, mutability="Unknown")
        for key in response.get("unknownKey") or []
    ]
    device_model.store(command.charge_point_id, reports, read_at)
    redact(command, response)


def redact(command: Command, response: Payload) -> None:
    """A key that the charger shows in clear is not kept in the command either."""
    for entry in response.get("configurationKey") or []:
        if str(entry.get("key", "")).lower() in device_model.SECRET_NAMES and "value" in entry:
            entry["value"] = device_model.REDACTED
            command.response = response


def change_configuration(unit: UnitOfWork, command: Command) -> Payload:
    return {"key": command.args["key"], "value": command.args["value"]}


def conclude_change(command: Command, response: Payload) -> Conclusion:
    # 5.3: RebootRequired is a yes, that takes effect after a reboot.
    status = str(response.get("status", ""))
    if status in ("Accepted", "RebootRequired"):
        return Conclusion(Command.State.ACCEPTED)
    return Conclusion(Command.State.REJECTED, error_code=status)


def record_change(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response.get("status") in ("Accepted", "RebootRequired"):
        asked = command.request or {}
        device_model.store_desired(
            command.charge_point_id, asked["key"], asked["value"], timezone.now()
        )


def conclude_read(command: Command, response: Payload) -> Conclusion:
    return Conclusion(Command.State.ACCEPTED)


COMMANDS = {
    "start": CommandTranslation("RemoteStartTransaction", remote_start),
    "stop": CommandTranslation("RemoteStopTransaction", remote_stop),
    "reset": CommandTranslation("Reset", reset),
    "trigger": CommandTranslation("TriggerMessage", trigger),
    "get_configuration": CommandTranslation("GetConfiguration", get_configuration),
    "set_configuration": CommandTranslation("ChangeConfiguration", change_configuration),
}
RESPONSES = {
    "ChangeConfiguration": ResponseReading(conclude_change, record_change),
    "GetConfiguration": ResponseReading(conclude_read, record_configuration),
}
