"""The neutral commands in OCPP 2.0.1's words."""

from typing import Any

from django.utils import timezone

from chargepoints.models import Command
from chargepoints.services import booting, device_model, transactions
from chargepoints.services.commands import CommandRefused
from chargepoints.services.device_model import Reported
from chargepoints.unit_of_work import UnitOfWork, take_numbers
from chargepoints.versions import CommandTranslation, Conclusion, Payload, ResponseReading

# F06: MessageTriggerEnumType.
TRIGGERED = frozenset(
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
)
REPORT_BASES = {
    "configuration": "ConfigurationInventory",
    "full": "FullInventory",
    "summary": "SummaryInventory",
}


def request_id(command: Command) -> int:
    """A number that ties what the station sends later to this command."""
    station_id = command.charge_point_id
    return take_numbers("request_number", {station_id: 1})[station_id]


def request_start(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    remote_start_id = request_id(command)
    command.effect_key = transactions.start_effect(str(remote_start_id))
    token = args["id_token"]
    payload: Payload = {
        "remoteStartId": remote_start_id,
        "idToken": {"idToken": token["value"], "type": token.get("type") or "Central"},
    }
    if "evse_id" in args:
        payload["evseId"] = args["evse_id"]
    return payload


def request_stop(unit: UnitOfWork, command: Command) -> Payload:
    transaction_id = command.args["transaction_id"]
    command.effect_key = transactions.stop_effect(transaction_id)
    return {"transactionId": transaction_id}


def reset(unit: UnitOfWork, command: Command) -> Payload:
    payload: Payload = {
        "type": "Immediate" if command.args.get("type") == "immediate" else "OnIdle"
    }
    if "evse_id" in command.args:
        payload["evseId"] = command.args["evse_id"]
    else:
        command.effect_key = booting.RESET_EFFECT
    return payload


def conclude_reset(command: Command, response: Payload) -> Conclusion:
    # B12.FR.01: Scheduled is a yes, once the transactions have ended.
    status = str(response.get("status", ""))
    if status in ("Accepted", "Scheduled"):
        return Conclusion(Command.State.ACCEPTED)
    return Conclusion(Command.State.REJECTED, error_code=status)


def trigger(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    if args["message"] not in TRIGGERED:
        raise CommandRefused("not_supported", f"OCPP 2.0.1 cannot trigger {args['message']}")
    payload: Payload = {"requestedMessage": args["message"]}
    if "evse_id" in args:
        payload["evse"] = {"id": args["evse_id"]}
        if args["message"] == "StatusNotification" or "connector_id" in args:
            # F06.FR.12: a status is asked for of one connector.
            payload["evse"]["connectorId"] = args.get("connector_id", 1)
    return payload


def get_variables(unit: UnitOfWork, command: Command) -> Payload:
    keys = command.args.get("keys") or []
    if not keys:
        raise CommandRefused(
            "invalid_args", "OCPP 2.0.1 reads named variables; use get_report for all of them"
        )
    return {"getVariableData": [_named(key) for key in keys]}


def set_variables(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    return {"setVariableData": [_named(args["key"]) | {"attributeValue": args["value"]}]}


def get_base_report(unit: UnitOfWork, command: Command) -> Payload:
    return {
        "requestId": request_id(command),
        "reportBase": REPORT_BASES[command.args.get("base", "full")],
    }


def conclude_variables(command: Command, response: Payload) -> Conclusion:
    """Accepted when all are; else the first no."""
    results = response.get("getVariableResult") or response.get("setVariableResult") or []
    statuses = [str(result.get("attributeStatus", "")) for result in results]
    refused = [status for status in statuses if status not in ("Accepted", "RebootRequired")]
    if not refused:
        return Conclusion(Command.State.ACCEPTED)
    return Conclusion(Command.State.REJECTED, error_code=refused[0])


def record_read(unit: UnitOfWork, command: Command, response: Payload) -> None:
    reports = []
    for result in response.get("getVariableResult") or []:
        if result.get("attributeStatus") != "Accepted":
            continue
        if result["variable"]["name"].lower() in device_model.SECRET_NAMES:
            result["attributeValue"] = device_model.REDACTED
            command.response = response
        reports.append(Reported(value=result.get("attributeValue"), **_where(result)))
    device_model.store(command.charge_point_id, reports, timezone.now())


def record_written(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked = (command.request or {}).get("setVariableData", [])
    for data, result in zip(asked, response.get("setVariableResult") or [], strict=False):
        if result.get("attributeStatus") in ("Accepted", "RebootRequired"):
            device_model.store_desired(
                command.charge_point_id,
                value=data["attributeValue"],
                at=timezone.now(),
                **_where(data),
            )


def _named(key: str) -> Payload:
    """`Component.Variable`, each with its instance in brackets where it has one."""
    component, dot, variable = key.partition(".")
    if not dot:
        raise CommandRefused("invalid_args", f"{key!r} is not named Component.Variable")
    return {"component": _with_instance(component), "variable": _with_instance(variable)}


def _with_instance(name: str) -> Payload:
    name, bracket, instance = name.partition("[")
    return {"name": name, "instance": instance.rstrip("]")} if bracket else {"name": name}


def _where(data: Payload) -> dict[str, Any]:
    component, variable = data["component"], data["variable"]
    evse = component.get("evse") or {}
    return {
        "name": variable["name"],
        "instance": variable.get("instance", ""),
        "component": component["name"],
        "component_instance": component.get("instance", ""),
        "evse_id": evse.get("id", 0),
        "connector_id": evse.get("connectorId", 0),
        "attribute": data.get("attributeType") or "Actual",
    }


COMMANDS = {
    "start": CommandTranslation("RequestStartTransaction", request_start),
    "stop": CommandTranslation("RequestStopTransaction", request_stop),
    "reset": CommandTranslation("Reset", reset),
    "trigger": CommandTranslation("TriggerMessage", trigger),
    "get_configuration": CommandTranslation("GetVariables", get_variables),
    "set_configuration": CommandTranslation("SetVariables", set_variables),
    "get_report": CommandTranslation("GetBaseReport", get_base_report),
}
RESPONSES = {
    "GetVariables": ResponseReading(conclude_variables, record_read),
    "Reset": ResponseReading(conclude_reset),
    "SetVariables": ResponseReading(conclude_variables, record_written),
}
