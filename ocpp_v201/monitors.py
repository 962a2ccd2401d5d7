"""N02 to N06: set, report and clear monitors on variables."""

from typing import Any

from chargepoints import clock
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Batched,
    Block,
    CommandTranslation,
    Conclusion,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.device_model import installed_monitors
from chargepoints.services.device_model.installed_monitors import Known
from ocpp_v201 import batches, naming, numbers, reports
from ocpp_v201.requests import asked_for_all, effect_of_report, request_id

BASES = OcppValues(
    {"all": "All", "factory_default": "FactoryDefault", "hard_wired_only": "HardWiredOnly"}
)
CRITERIA = OcppValues(
    {
        "delta": "DeltaMonitoring",
        "periodic": "PeriodicMonitoring",
        "threshold": "ThresholdMonitoring",
    }
)
# From 0, danger, to 9, debug.
LEAST_SEVERE = 9
LIMITS = "MonitoringCtrlr"
SET = Batched("setMonitoringResult", lambda command: len(command.args["monitors"]))
CLEARED = Batched("clearMonitoringResult", lambda command: len(command.args["ids"]))


# EventNotificationEnumType of monitors that SetVariableMonitoring creates.
SET_BY_US = "CustomMonitor"


def effect(request_number: int | None) -> str:
    return f"monitors:{request_number}"


def set_base(unit: UnitOfWork, command: Command) -> Payload:
    return {"monitoringBase": BASES[command.args["base"]]}


def set_level(unit: UnitOfWork, command: Command) -> Payload:
    return {"severity": command.args["severity"]}


def set_monitoring(unit: UnitOfWork, command: Command) -> Payload:
    items = [_monitor(each) for each in command.args["monitors"]]
    return batches.following(
        command,
        SET,
        items,
        lambda part: {"setMonitoringData": part},
        LIMITS,
        "SetVariableMonitoring",
    )


def _monitor(args: Payload) -> Payload:
    monitor = naming.named(args) | {name: args[name] for name in ("type", "severity")}
    monitor["value"] = numbers.decimal(args["value"])
    # N04.FR.12: with an id, it replaces the monitor of this id.
    optional: Payload = {name: args[name] for name in ("id", "transaction") if name in args}
    if "stream" in args:
        optional["periodicEventStream"] = stream_params(args["stream"])
    return monitor | optional


def stream_params(args: Payload) -> Payload:
    """PeriodicEventStreamParamsType."""
    said = {"interval": args.get("interval_s"), "values": args.get("values_at_once")}
    return {name: value for name, value in said.items() if value is not None}


def clear(unit: UnitOfWork, command: Command) -> Payload:
    ids = command.args["ids"]
    return batches.following(
        command, CLEARED, ids, lambda part: {"id": part}, LIMITS, "ClearVariableMonitoring"
    )


def get_report(unit: UnitOfWork, command: Command) -> Payload:
    number = request_id(command)
    command.effect_key = effect(number)
    args = command.args
    payload: Payload = {"requestId": number}
    if "criteria" in args:
        payload["monitoringCriteria"] = [CRITERIA[criterion] for criterion in args["criteria"]]
    return reports.with_variables(command, payload)


def conclude_each(command: Command, response: Payload) -> Conclusion:
    """Accepted if all results are; else the first result that is not accepted."""
    results = response.get("setMonitoringResult") or response.get("clearMonitoringResult") or []
    refused = [str(each["status"]) for each in results if each["status"] != "Accepted"]
    if not refused:
        return Conclusion(Command.State.ACCEPTED)
    return Conclusion(Command.State.REJECTED, error_code=refused[0])


def record_set(unit: UnitOfWork, command: Command, response: Payload) -> None:
    results: list[Payload] = response.get("setMonitoringResult") or []
    known = [
        _known(result["id"], data, data | {"eventNotificationType": SET_BY_US})
        for data in (command.request or {}).get("setMonitoringData", [])
        for result in results
        if result["status"] == "Accepted" and "id" in result and _is_about(result, data)
    ]
    installed_monitors.store(command.charge_point_id, known, clock.now())


def _is_about(result: Payload, data: Payload) -> bool:
    """N04.FR.02: there is a result for each monitor, in any order."""
    return all(result.get(name) == data[name] for name in ("type", "severity")) and (
        naming.where(result) == naming.where(data)
    )


def record_cleared(unit: UnitOfWork, command: Command, response: Payload) -> None:
    results: list[Payload] = response.get("clearMonitoringResult") or []
    gone = [each["id"] for each in results if each["status"] in ("Accepted", "NotFound")]
    installed_monitors.forget(command.charge_point_id, gone)


def record_asked(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == "EmptyResultSet":
        _complete(command)


def _complete(command: Command) -> None:
    if (asked_at := asked_for_all(command)) is not None:
        installed_monitors.forget_older(command.charge_point_id, asked_at)


def notify_report(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    known = [
        _known(each["id"], data, each)
        for data in payload.get("monitor") or []
        for each in data["variableMonitoring"]
    ]
    installed_monitors.store(inbound.station.id, known, inbound.received_at)
    last = not payload.get("tbc")
    asked = outcomes.add_part(
        inbound.unit,
        inbound.station.id,
        effect_of_report(inbound, effect),
        payload.get("monitor") or [],
        last=last,
    )
    if last and asked is not None:
        _complete(asked)
    return {}


def _known(number: int, data: Payload, monitor: Payload) -> Known:
    columns = naming.where(data)
    del columns["attribute"]
    return Known(
        number=numbers.clipped(number),
        variable=columns.pop("name"),
        type=monitor["type"],
        value=monitor["value"],
        severity=min(numbers.clipped(monitor["severity"], 0), LEAST_SEVERE),
        transaction=bool(monitor.get("transaction")),
        event_notification_type=str(monitor.get("eventNotificationType") or ""),
        where=columns,
    )


BLOCK = Block(
    handlers={
        "NotifyMonitoringReport": Handler(
            notify_report,
            dispensable=frozenset({"requestId", "seqNo", "generatedAt", "transaction"}),
        )
    },
    commands={
        "set_monitoring": CommandTranslation("SetVariableMonitoring", set_monitoring, batched=SET),
        "set_monitoring_base": CommandTranslation("SetMonitoringBase", set_base),
        "set_monitoring_level": CommandTranslation("SetMonitoringLevel", set_level),
        "get_monitoring_report": CommandTranslation("GetMonitoringReport", get_report),
        "clear_monitoring": CommandTranslation("ClearVariableMonitoring", clear, batched=CLEARED),
    },
    responses={
        "GetMonitoringReport": ResponseReading(record=record_asked),
        "SetVariableMonitoring": ResponseReading(conclude_each, record_set),
        "ClearVariableMonitoring": ResponseReading(conclude_each, record_cleared),
    },
)
