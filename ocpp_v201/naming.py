"""Components and variables, in the command's arguments and in OCPP's ComponentType."""

from typing import Any

from chargepoints.protocol.versions import Payload
from chargepoints.services.commands.submission import CommandRefused
from ocpp_v201 import numbers


def component(args: Payload) -> Payload:
    """ComponentType from `component`, `component_instance`, `evse_id` and `connector_id`."""
    named: Payload = {"name": args["component"]}
    if args.get("component_instance"):
        named["instance"] = args["component_instance"]
    if "evse_id" in args:
        named["evse"] = {"id": args["evse_id"]}
        if "connector_id" in args:
            named["evse"]["connectorId"] = args["connector_id"]
    return named


def named(args: Payload) -> Payload:
    """`component` and, if the arguments name one, `variable`."""
    both: Payload = {"component": component(args)}
    if "variable" in args:
        both["variable"] = {"name": args["variable"]}
        if args.get("variable_instance"):
            both["variable"]["instance"] = args["variable_instance"]
    return both


def by_key(key: str) -> Payload:
    """Read `Component.Variable`; an instance follows its name in brackets."""
    component_name, dot, variable = key.partition(".")
    if not dot:
        raise CommandRefused("invalid_args", f"{key!r} is not named Component.Variable")
    return {"component": _with_instance(component_name), "variable": _with_instance(variable)}


def _with_instance(name: str) -> Payload:
    name, bracket, instance = name.partition("[")
    return {"name": name, "instance": instance.rstrip("]")} if bracket else {"name": name}


def where(data: Payload) -> dict[str, Any]:
    """The columns of a Variable row for a ComponentType and a VariableType."""
    component, variable = data["component"], data["variable"]
    evse = component.get("evse") or {}
    return {
        "name": variable["name"],
        "instance": variable.get("instance", ""),
        "component": component["name"],
        "component_instance": component.get("instance", ""),
        "evse_id": numbers.clipped(evse.get("id", 0), 0),
        "connector_id": numbers.clipped(evse.get("connectorId", 0), 0),
        "attribute": data.get("attributeType") or "Actual",
    }
