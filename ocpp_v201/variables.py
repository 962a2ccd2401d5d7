"""B05, B06: read and write variables, in as many requests as the station needs."""

from typing import Any

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Variable
from chargepoints.protocol.versions import (
    Batched,
    Block,
    CommandTranslation,
    Conclusion,
    Payload,
    ResponseReading,
)
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.device_model import variables
from chargepoints.services.device_model.variables import Reported
from chargepoints.services.stations import passwords
from ocpp_v201 import batches, naming, reports
from ocpp_v201.secrets import is_password

LIMITS = "DeviceDataCtrlr"
# Error code: the station could read some of the variables only.
PARTIAL = "partial"
# SetVariableStatusEnumType: the statuses that mean accepted.
TAKEN = frozenset({"Accepted", "RebootRequired"})


def _read(command: Command) -> list[Payload]:
    """By the keys of `get_configuration`, or by the variables of `get_variables`."""
    args = command.args
    named = [naming.named(each) | _attribute(each) for each in args.get("variables") or []]
    return named + [naming.by_key(key) for key in args.get("keys") or []]


def _written(command: Command) -> list[Payload]:
    """The one key of `set_configuration`, or the variables of `set_variables`."""
    args = command.args
    if "key" in args:
        return [naming.by_key(args["key"]) | {"attributeValue": args["value"]}]
    return [
        naming.named(each) | _attribute(each) | {"attributeValue": each["value"]}
        for each in args["variables"]
    ]


def _attribute(args: Payload) -> Payload:
    return {"attributeType": args["attribute"]} if "attribute" in args else {}


def _place(data: Payload) -> tuple[Any, ...]:
    return tuple(naming.where(data).values())


READ = Batched("getVariableResult", lambda command: len(_read(command)))
WRITTEN = Batched("setVariableResult", lambda command: len(_written(command)))


def get_configuration(unit: UnitOfWork, command: Command) -> Payload:
    """Request the named variables; without names, a report of all variables that can be set."""
    if command.args.get("keys"):
        return get_variables(unit, command)
    return reports.get_configuration(unit, command)


def choose(command: Command) -> str:
    return "GetVariables" if command.args.get("keys") else "GetBaseReport"


def get_variables(unit: UnitOfWork, command: Command) -> Payload:
    items = _read(command)
    return batches.following(
        command, READ, items, lambda part: {"getVariableData": part}, LIMITS, "GetVariables"
    )


def set_variables(unit: UnitOfWork, command: Command) -> Payload:
    items = _written(command)
    if any(is_password(item) for item in items):
        raise CommandRefused("invalid_args", "use the command rotate_password for the password")
    places = [_place(item) for item in items]
    if len(set(places)) < len(places):
        # B05.FR.13.
        raise CommandRefused("invalid_args", "a variable occurs twice")
    return batches.following(
        command, WRITTEN, items, lambda part: {"setVariableData": part}, LIMITS, "SetVariables"
    )


def conclude(command: Command, response: Payload) -> Conclusion:
    """Accepted if all are, or if some could be read; else the first status that is not accepted."""
    read = response.get("getVariableResult") or []
    results = read or response.get("setVariableResult") or []
    statuses = [_status(result) for result in results]
    refused = [status for status in statuses if status not in TAKEN]
    if not statuses:
        return Conclusion(Command.State.REJECTED, "bad_response", "the answer contains no result")
    if not refused:
        return Conclusion(Command.State.ACCEPTED)
    if read and len(refused) < len(read):
        why = ", ".join(sorted(set(refused)))
        detail = f"{len(refused)} of {len(read)} could not be read: {why}"
        return Conclusion(Command.State.ACCEPTED, error_code=PARTIAL, error_detail=detail)
    return Conclusion(Command.State.REJECTED, error_code=refused[0])


def _status(result: Payload) -> str:
    """Some stations leave out the status of a variable if they send its value."""
    default = "Accepted" if result.get("attributeValue") else ""
    return str(result.get("attributeStatus") or default)


def record_read(unit: UnitOfWork, command: Command, response: Payload) -> None:
    reports = []
    for result in response.get("getVariableResult") or []:
        if _status(result) != "Accepted":
            continue
        reports.append(Reported(value=result.get("attributeValue"), **naming.where(result)))
    variables.store(command.charge_point_id, reports, clock.now())


def record_written(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked = (command.request or {}).get("setVariableData", [])
    at_place = {_place(data): data for data in asked}
    for beside, result in zip(asked, response.get("setVariableResult") or [], strict=False):
        # B05.FR.02: a result for each, in any order; some stations change the names.
        data = at_place.get(_place(result), beside)
        status = str(result.get("attributeStatus"))
        if is_password(data):
            passwords.answered(command, status)
        if status in TAKEN:
            _changed(unit, command, data, status)


def _changed(unit: UnitOfWork, command: Command, data: Payload, status: str) -> None:
    where, value = naming.where(data), data["attributeValue"]
    variables.store_desired(
        command.charge_point_id,
        value=value,
        at=clock.now(),
        in_force=status == "Accepted",
        **where,
    )
    unit.emit(
        command.charge_point_id,
        "charge_point.configuration_changed",
        {
            "key": Variable(**where).key,
            "value": value,
            "reboot_required": status == "RebootRequired",
            "evse_id": where["evse_id"] or None,
            "connector_id": where["connector_id"] or None,
            "attribute": where["attribute"],
        },
    )


BLOCK = Block(
    commands={
        "get_configuration": CommandTranslation(
            "GetVariables", get_configuration, choose, batched=READ
        ),
        "get_variables": CommandTranslation("GetVariables", get_variables, batched=READ),
        "set_configuration": CommandTranslation("SetVariables", set_variables, batched=WRITTEN),
        "set_variables": CommandTranslation("SetVariables", set_variables, batched=WRITTEN),
    },
    responses={
        "GetVariables": ResponseReading(
            conclude, record_read, dispensable=frozenset({"attributeStatus"})
        ),
        "SetVariables": ResponseReading(conclude, record_written),
    },
)
