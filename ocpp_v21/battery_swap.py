"""S: batteries that drivers put into the station and take out of it."""

from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, CommandTranslation, Handler, Payload
from chargepoints.services.commands import outcomes
from ocpp_v201.authorization import id_token
from ocpp_v201.requests import request_id

_EVENTS = {"BatteryIn": "in", "BatteryOut": "out", "BatteryOutTimeout": "out_timeout"}


def effect(request_number: int) -> str:
    return f"battery_swap:{request_number}"


def request_swap(unit: UnitOfWork, command: Command) -> Payload:
    """S02: the BatterySwap that follows contains the id of this request."""
    number = request_id(command)
    command.effect_key = effect(number)
    return {"requestId": number, "idToken": id_token(command.args["id_token"])}


def swapped(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    token = payload["idToken"]
    batteries = [
        {
            "evse_id": each["evseId"],
            "serial_number": each["serialNumber"],
            "soc_percent": each["soC"],
            "soh_percent": each["soH"],
            "production_date": each.get("productionDate"),
            "vendor_info": each.get("vendorInfo"),
        }
        for each in payload["batteryData"]
    ]
    inbound.emit_unless_repeated(
        "battery.swapped",
        {
            "request_id": payload["requestId"],
            "direction": _EVENTS.get(payload["eventType"], payload["eventType"]),
            "id_token": {"value": token["idToken"], "type": token["type"]},
            "batteries": batteries,
        },
    )
    outcomes.confirm_effect(inbound.unit, inbound.station.id, effect(payload["requestId"]))
    return {}


BLOCK = Block(
    handlers={"BatterySwap": Handler(swapped)},
    commands={"battery_swap": CommandTranslation("RequestBatterySwap", request_swap)},
)
