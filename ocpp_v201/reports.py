"""B07, B08: the station reports its device model, in parts."""

from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, CommandTranslation, Handler, Payload
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.device_model import variables
from chargepoints.services.device_model.variables import Reported
from chargepoints.services.metering import most_power
from ocpp_v201 import batches, evse_power, naming
from ocpp_v201.requests import effect_of_report, request_id

BASES = OcppValues(
    {
        "configuration": "ConfigurationInventory",
        "full": "FullInventory",
        "summary": "SummaryInventory",
    }
)
CRITERIA = OcppValues(
    {
        "active": "Active",
        "available": "Available",
        "enabled": "Enabled",
        "problem": "Problem",
    }
)


def effect(request_number: int | None) -> str:
    return f"report:{request_number}"


def get_base_report(unit: UnitOfWork, command: Command) -> Payload:
    return _ask_for(command, command.args.get("base", "full"))


def get_configuration(unit: UnitOfWork, command: Command) -> Payload:
    """Request a report of all variables that can be set."""
    return _ask_for(command, "configuration")


def _ask_for(command: Command, base: str) -> Payload:
    number = request_id(command)
    command.effect_key = effect(number)
    return {"requestId": number, "reportBase": BASES[base]}


def get_report(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    if not args:
        raise CommandRefused("invalid_args", "give `criteria` or `variables`, or use get_report")
    number = request_id(command)
    command.effect_key = effect(number)
    payload: Payload = {"requestId": number}
    if "criteria" in args:
        payload["componentCriteria"] = [CRITERIA[criterion] for criterion in args["criteria"]]
    return with_variables(command, payload)


def with_variables(command: Command, payload: Payload) -> Payload:
    """Add the named variables, if any, up to the station's limit.

    B08.FR.06, N02.FR.07: each request starts its own report, so the list cannot be split.
    """
    if "variables" not in command.args:
        return payload

    def asked(part: list[Payload]) -> Payload:
        return payload | {"componentVariable": part}

    named = [naming.named(each) for each in command.args["variables"]]
    most = batches.fitting(command.charge_point_id, named, asked, "DeviceDataCtrlr", "GetReport")
    if most < len(named):
        raise CommandRefused("invalid_args", f"the station accepts {most} variables in a request")
    return asked(named)


def notify_report(inbound: Inbound, decision: Any) -> Payload:
    """Store each part as it arrives; the last one completes the command that requested it."""
    payload = inbound.payload
    reports = [
        reported for data in payload.get("reportData") or [] for reported in _attributes(data)
    ]
    variables.store(inbound.station.id, reports, inbound.received_at)
    if evse_power.is_reported(reports):
        most_power.forget(inbound)
    if not payload.get("tbc"):
        outcomes.confirm_effect(inbound.unit, inbound.station.id, effect_of_report(inbound, effect))
        inbound.emit_unless_repeated(
            "charge_point.configuration_changed",
            {"request_id": payload.get("requestId"), "reported": True},
        )
    return {}


def _attributes(data: Payload) -> list[Reported]:
    return [
        Reported(
            value=attribute.get("value"),
            mutability=attribute.get("mutability") or "ReadWrite",
            characteristics=data.get("variableCharacteristics"),
            **naming.where(data | {"attributeType": attribute.get("type")}),
        )
        for attribute in data.get("variableAttribute") or []
    ]


BLOCK = Block(
    handlers={
        "NotifyReport": Handler(
            notify_report,
            dispensable=frozenset({"requestId", "seqNo", "generatedAt", "variableAttribute"}),
        )
    },
    commands={
        "get_report": CommandTranslation("GetBaseReport", get_base_report),
        "get_custom_report": CommandTranslation("GetReport", get_report),
    },
)
