"""GetConfiguration and ChangeConfiguration (1.6, 5.8 and 5.3)."""

from django.utils import timezone

from chargepoints.models import Command
from chargepoints.services import device_model
from chargepoints.services.device_model import Reported
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import CommandTranslation, Conclusion, Payload, ResponseReading


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
    "get_configuration": CommandTranslation("GetConfiguration", get_configuration),
    "set_configuration": CommandTranslation("ChangeConfiguration", change_configuration),
}
RESPONSES = {
    "ChangeConfiguration": ResponseReading(conclude_change, record_change),
    "GetConfiguration": ResponseReading(conclude_read, record_configuration),
}
