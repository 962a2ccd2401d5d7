"""O Display messages: set, list, clear."""

from datetime import datetime
from typing import Any

from chargepoints import clock
from chargepoints.clock import coming_time, ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound, clip
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.commands import outcomes
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.stations import display_messages
from chargepoints.services.stations.display_messages import Shown
from chargepoints.services.transactions import shared_ids
from ocpp_v201 import numbers
from ocpp_v201.requests import asked_for_all, effect_of_report, request_id

PRIORITIES = OcppValues(
    {
        "always_front": "AlwaysFront",
        "in_front": "InFront",
        "normal_cycle": "NormalCycle",
    }
)
NEUTRAL_PRIORITY = {ocpp: name for name, ocpp in PRIORITIES.items()}
STATES = OcppValues(
    {
        "charging": "Charging",
        "discharging": "Discharging",
        "faulted": "Faulted",
        "idle": "Idle",
        "suspended": "Suspended",
        "unavailable": "Unavailable",
    }
)
NEUTRAL_STATE = {ocpp: name for name, ocpp in STATES.items()}


def effect(request_number: int | None) -> str:
    return f"display:{request_number}"


def show(unit: UnitOfWork, command: Command) -> Payload:
    """O01, O02, O06: a message without an id gets the next free one."""
    args = command.args
    message: Payload = {
        "id": args["id"] if "id" in args else display_messages.free_number(command.charge_point_id),
        "priority": PRIORITIES[args.get("priority", "normal_cycle")],
        "message": _content(args),
    }
    if "translations" in args:
        # The schema of a version without this field refuses the request.
        message["messageExtra"] = [_content(each) for each in args["translations"]]
    if "state" in args:
        message["state"] = STATES[args["state"]]
    for name, ocpp_name in (("start_at", "startDateTime"), ("end_at", "endDateTime")):
        if name in args:
            message[ocpp_name] = ocpp_time(datetime.fromisoformat(args[name]))
    if "transaction_id" in args:
        message["transactionId"] = shared_ids.sent(args["transaction_id"])
    if "evse_id" in args:
        message["display"] = {"name": "Display", "evse": {"id": args["evse_id"]}}
    return {"message": message}


def _content(args: Payload) -> Payload:
    """MessageContentType."""
    content = {"format": args.get("format", "UTF8"), "content": args["content"]}
    return content | ({"language": args["language"]} if "language" in args else {})


def record_shown(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response.get("status") == "Accepted":
        message = (command.request or {})["message"]
        display_messages.store(unit, command.charge_point_id, [_shown(message)], clock.now())


def list_shown(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    number = request_id(command)
    command.effect_key = effect(number)
    payload: Payload = {"requestId": number}
    if "ids" in args:
        payload["id"] = args["ids"]
    if "priority" in args:
        payload["priority"] = PRIORITIES[args["priority"]]
    if "state" in args:
        payload["state"] = STATES[args["state"]]
    return payload


def record_listed(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response.get("status") == "Unknown":
        _complete(unit, command)


def _complete(unit: UnitOfWork, command: Command) -> None:
    if (asked_at := asked_for_all(command)) is not None:
        display_messages.forget_older(unit, command.charge_point_id, asked_at)


def clear(unit: UnitOfWork, command: Command) -> Payload:
    return {"id": command.args["id"]}


def record_cleared(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response.get("status") in ("Accepted", "Unknown"):
        display_messages.forget(unit, command.charge_point_id, (command.request or {})["id"])


def notify(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    messages = payload.get("messageInfo") or []
    shown = [_shown(message) for message in messages]
    display_messages.store(inbound.unit, inbound.station.id, shown, inbound.received_at)
    last = not payload.get("tbc")
    asked = outcomes.add_part(
        inbound.unit,
        inbound.station.id,
        effect_of_report(inbound, effect),
        messages,
        last=last,
    )
    if last and asked is not None:
        _complete(inbound.unit, asked)
    return {}


def _shown(message: Payload) -> Shown:
    content = message["message"]
    priority, state = clip(message.get("priority"), 20), clip(message.get("state"), 20)
    return Shown(
        number=numbers.clipped(message["id"]),
        content=content["content"],
        format=clip(content.get("format"), 10),
        language=clip(content.get("language"), 8),
        translations=[
            {
                "content": clip(each["content"], 1024),
                "format": clip(each.get("format"), 10),
                "language": clip(each.get("language"), 8),
            }
            for each in message.get("messageExtra") or []
        ],
        priority=NEUTRAL_PRIORITY.get(priority, priority),
        state=NEUTRAL_STATE.get(state, state),
        transaction_id=clip(message.get("transactionId"), 36),
        start_at=coming_time(message.get("startDateTime")),
        end_at=coming_time(message.get("endDateTime")),
    )


BLOCK = Block(
    handlers={
        "NotifyDisplayMessages": Handler(
            notify, dispensable=frozenset({"requestId", "priority", "format"})
        )
    },
    commands={
        "display_message": CommandTranslation("SetDisplayMessage", show),
        "get_display_messages": CommandTranslation("GetDisplayMessages", list_shown),
        "clear_display_message": CommandTranslation("ClearDisplayMessage", clear),
    },
    responses={
        "SetDisplayMessage": ResponseReading(record=record_shown),
        # O03: Unknown means that there are no such messages; no report follows.
        "GetDisplayMessages": ResponseReading(record=record_listed),
        "ClearDisplayMessage": ResponseReading(record=record_cleared),
    },
)
