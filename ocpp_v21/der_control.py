"""R: set, report and clear controls of distributed energy resources, and their alarms."""

import uuid
from collections.abc import Iterator
from typing import Any

from chargepoints import clock
from chargepoints.clock import api_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
    accepting,
)
from chargepoints.services.commands import outcomes
from chargepoints.services.smart_charging import der_controls
from chargepoints.services.smart_charging.der_controls import Control
from ocpp_v201.requests import effect_of_report, request_id

# SetDERControlRequest: the field of a setting by its type; all other types are curves.
FIELDS = {
    "EnterService": "enterService",
    "FixedPFAbsorb": "fixedPFAbsorb",
    "FixedPFInject": "fixedPFInject",
    "FixedVar": "fixedVar",
    "FreqDroop": "freqDroop",
    "Gradients": "gradient",
    "LimitMaxDischarge": "limitMaxDischarge",
}
# ReportDERControlRequest: the same lists, and the field with the setting of an entry.
REPORTED = {field: (type, field) for type, field in FIELDS.items()} | {
    "fixedPFAbsorb": ("FixedPFAbsorb", "fixedPF"),
    "fixedPFInject": ("FixedPFInject", "fixedPF"),
    "curve": ("", "curve"),
}


def effect(request_number: int | None) -> str:
    return f"der:{request_number}"


def set_control(unit: UnitOfWork, command: Command) -> Payload:
    """R04."""
    args = command.args
    type = args["control_type"]
    return {
        "isDefault": args.get("is_default", False),
        "controlId": args.get("control_id") or str(uuid.uuid4()),
        "controlType": type,
        FIELDS.get(type, "curve"): args["setting"],
    }


def record_set(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    if response["status"] != "Accepted":
        return
    superseded = response.get("supersededIds") or []
    # A raw request may have no setting.
    setting = asked.get(FIELDS.get(asked["controlType"], "curve")) or {}
    control_id = asked["controlId"]
    control = Control(
        control_id=control_id,
        type=asked["controlType"],
        is_default=asked["isDefault"],
        # R04.FR.08: its own id among them means that a control of higher priority is in force.
        is_superseded=control_id in superseded,
        setting=setting,
    )
    der_controls.store(command.charge_point_id, [control], clock.now())
    der_controls.supersede(command.charge_point_id, superseded)
    command.result = {"control_id": control_id, "superseded": superseded}


def _criteria(args: Payload) -> Payload:
    named = {"isDefault": "is_default", "controlType": "control_type", "controlId": "control_id"}
    return {ocpp: args[name] for ocpp, name in named.items() if name in args}


def get_controls(unit: UnitOfWork, command: Command) -> Payload:
    number = request_id(command)
    command.effect_key = effect(number)
    return {"requestId": number, **_criteria(command.args)}


def clear_controls(unit: UnitOfWork, command: Command) -> Payload:
    return {"isDefault": False, **_criteria(command.args)}


def record_cleared(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] not in ("Accepted", "NotFound"):
        return
    asked: Payload = command.request or {}
    named = {"is_default": "isDefault", "type": "controlType", "control_id": "controlId"}
    criteria = {name: asked[ocpp] for name, ocpp in named.items() if ocpp in asked}
    der_controls.forget(command.charge_point_id, criteria)


def report(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    der_controls.store(inbound.station.id, _reported(payload), inbound.received_at)
    part = {name: payload[name] for name in REPORTED if name in payload}
    last = not payload.get("tbc")
    key = effect_of_report(inbound, effect)
    outcomes.add_part(inbound.unit, inbound.station.id, key, part, last=last)
    return {}


def _reported(payload: Payload) -> Iterator[Control]:
    for field, (type, inside) in REPORTED.items():
        for entry in payload.get(field) or []:
            yield Control(
                control_id=clip(entry["id"], 36),
                type=type or entry["curveType"],
                is_default=bool(entry.get("isDefault")),
                is_superseded=bool(entry.get("isSuperseded")),
                setting=entry[inside],
            )


def started_or_stopped(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    moment = inbound.time(payload.get("timestamp"))
    der_controls.started(inbound, clip(payload["controlId"], 36), payload["started"], moment)
    der_controls.supersede(inbound.station.id, payload.get("supersededIds") or [])
    return {}


def alarm(inbound: Inbound, decision: Any) -> Payload:
    """R05: a grid event at which the control trips, or its end."""
    payload = inbound.payload
    moment = inbound.time(payload.get("timestamp"))
    inbound.emit_unless_repeated(
        "der.alarm",
        {
            "type": payload["controlType"],
            "fault": payload.get("gridEventFault"),
            "ended": bool(payload.get("alarmEnded")),
            "info": payload.get("extraInfo"),
            "at": api_time(moment.at),
        },
    )
    return {}


BLOCK = Block(
    handlers={
        "NotifyDERAlarm": Handler(alarm, dispensable=frozenset({"timestamp"})),
        "NotifyDERStartStop": Handler(started_or_stopped, dispensable=frozenset({"timestamp"})),
        "ReportDERControl": Handler(report, dispensable=frozenset({"requestId"})),
    },
    commands={
        "set_der_control": CommandTranslation("SetDERControl", set_control),
        "get_der_controls": CommandTranslation("GetDERControl", get_controls),
        "clear_der_controls": CommandTranslation("ClearDERControl", clear_controls),
    },
    responses={
        "SetDERControl": ResponseReading(record=record_set),
        # R04.FR.41, FR.42: NotFound means that there are no such controls.
        "ClearDERControl": ResponseReading(accepting("Accepted", "NotFound"), record_cleared),
    },
)
