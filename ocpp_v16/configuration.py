"""GetConfiguration and ChangeConfiguration (1.6, 5.8 and 5.3)."""

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Conclusion,
    Payload,
    ResponseReading,
    accepting,
)
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.device_model import variables
from chargepoints.services.device_model.variables import Reported
from chargepoints.services.stations import passwords, registry
from ocpp_v16.security import is_password

_MUTABILITY = {True: "ReadOnly", False: "ReadWrite", None: "Unknown"}
SECURITY_PROFILES = ("1", "2", "3")


def get_configuration(unit: UnitOfWork, command: Command) -> Payload:
    """Request the keys, split by GetConfigurationMaxKeys (9.1.9)."""
    keys = command.args.get("keys")
    if not keys:
        return {}
    asked = (command.result or {}).get("asked", 0)
    limit = variables.limit(command.charge_point_id, "", "GetConfigurationMaxKeys", "")
    return {"key": keys[asked : asked + limit] if limit else keys[asked:]}


def record_configuration(unit: UnitOfWork, command: Command, response: Payload) -> None:
    read_at = clock.now()
    reports = [
        Reported(
            name=entry["key"],
            value=entry.get("value"),
            mutability=_MUTABILITY[entry.get("readonly")],
        )
        for entry in response.get("configurationKey") or []
    ]
    reports += [
        Reported(name=str(key), value=None, mutability="Unknown")
        for key in response.get("unknownKey") or []
    ]
    variables.store(command.charge_point_id, reports, read_at)


def record_part(unit: UnitOfWork, command: Command, response: Payload) -> None:
    """Record one answer; a long list of keys takes several requests."""
    record_configuration(unit, command, response)
    if command.args.get("keys"):
        _add_up(command, response)


def _add_up(command: Command, response: Payload) -> None:
    """Add the answer to the results of the command's earlier requests."""
    so_far = command.result or {}
    command.result = {
        "asked": so_far.get("asked", 0) + len((command.request or {}).get("key", [])),
        **{
            name: [*so_far.get(name, []), *(response.get(name) or [])]
            for name in ("configurationKey", "unknownKey")
        },
    }


def change_configuration(unit: UnitOfWork, command: Command) -> Payload:
    if is_password(command.args):
        raise CommandRefused("invalid_args", "use the command rotate_password for the password")
    return {"key": command.args["key"], "value": command.args["value"]}


def record_change(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked = command.request or {}
    status = response.get("status")
    passwords.answered(command, str(status))
    if status not in ("Accepted", "RebootRequired"):
        return
    variables.store_desired(
        command.charge_point_id,
        asked["key"],
        asked["value"],
        clock.now(),
        in_force=status == "Accepted",
    )
    if asked["key"] == "SecurityProfile" and asked["value"] in SECURITY_PROFILES:
        registry.expect_security_profile(command.charge_point_id, int(asked["value"]))
    unit.emit(
        command.charge_point_id,
        "charge_point.configuration_changed",
        {
            "key": asked["key"],
            "value": asked["value"],
            "reboot_required": status == "RebootRequired",
        },
    )


def conclude_part(command: Command, response: Payload) -> Conclusion:
    asked = (command.result or {}).get("asked", 0)
    if asked < len(command.args.get("keys") or []):
        return Conclusion(Command.State.QUEUED)
    return Conclusion(Command.State.ACCEPTED)


def conclude_read(command: Command, response: Payload) -> Conclusion:
    """GetConfiguration.conf has no status: every answer counts as accepted."""
    return Conclusion(Command.State.ACCEPTED)


_NOT_NEEDED = frozenset({"readonly"})

BLOCK = Block(
    commands={
        "get_configuration": CommandTranslation(
            "GetConfiguration",
            get_configuration,
            reading=ResponseReading(conclude_part, record_part, dispensable=_NOT_NEEDED),
        ),
        "set_configuration": CommandTranslation("ChangeConfiguration", change_configuration),
    },
    responses={
        # 5.3: RebootRequired means accepted, in force after a reboot.
        "ChangeConfiguration": ResponseReading(
            accepting("Accepted", "RebootRequired"), record_change
        ),
        "GetConfiguration": ResponseReading(
            conclude_read, record_configuration, dispensable=_NOT_NEEDED
        ),
    },
)
