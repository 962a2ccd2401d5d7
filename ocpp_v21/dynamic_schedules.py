"""K28: schedules of one period, updated in place; K21, K22: priority charging."""

from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Handler,
    Payload,
    ResponseReading,
)
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import limit_updates, profile_requests
from chargepoints.services.transactions import lifecycle, shared_ids
from ocpp_v201 import smart_charging
from ocpp_v201.schedules import SETTINGS

UPDATE, SET = "UpdateDynamicSchedule", "SetChargingProfile"


def choose(command: Command) -> str:
    """Update the dynamic profile, or set one if there is none."""
    return UPDATE if limit_updates.dynamic_here(command) is not None else SET


def update_limit(unit: UnitOfWork, command: Command) -> Payload:
    row = limit_updates.dynamic_here(command)
    if row is None:
        if "profile_id" in command.args:
            raise CommandRefused("invalid_args", "there is no dynamic profile with this id")
        limit_updates.as_profile(command, kind="dynamic")
        return smart_charging.set_profile(unit, command)
    said = limit_updates.settings(command.args)
    if not said:
        raise CommandRefused("invalid_args", "give a limit or another setting")
    if command.args.get("unit", row.profile["unit"]) != row.profile["unit"]:
        raise CommandRefused("invalid_args", f"the unit of this profile is {row.profile['unit']}")
    update = {SETTINGS[name]: value for name, value in said.items()}
    return {"chargingProfileId": row.profile_id, "scheduleUpdate": update}


def record(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if command.action == UPDATE:
        record_update(unit, command, response)
    else:
        smart_charging.record_set(unit, command, response)


def record_update(unit: UnitOfWork, command: Command, response: Payload) -> None:
    asked: Payload = command.request or {}
    row = limit_updates.dynamic_profile(command.charge_point_id, asked["chargingProfileId"])
    if row is not None and response["status"] == "Accepted":
        update = asked["scheduleUpdate"]
        limit_updates.update(
            row, {name: update[ocpp] for name, ocpp in SETTINGS.items() if ocpp in update}
        )


def conclude(command: Command, response: Payload) -> Any:
    if command.action == UPDATE:
        return ResponseReading().conclude(command, response)
    return profile_requests.conclude_part(command, response)


def pull(inbound: Inbound, decision: Any) -> Payload:
    """K28.FR.07, FR.12: the station requests the present values."""
    number = inbound.payload["chargingProfileId"]
    row = limit_updates.dynamic_profile(inbound.station.id, number)
    if row is None:
        return {"status": "Rejected", "statusInfo": {"reasonCode": "InvalidProfile"}}
    (period,) = row.profile["periods"]
    update = {ocpp: period[name] for name, ocpp in SETTINGS.items() if name in period}
    return {"status": "Accepted", "scheduleUpdate": update}


def use_priority(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    return {
        "transactionId": shared_ids.sent(args["transaction_id"]),
        "activate": args.get("activate", True),
    }


def priority_used(inbound: Inbound, decision: Any) -> Payload:
    """K21.FR.09, K22.FR.06: priority charging started or ended, by core or by the driver."""
    payload = inbound.payload
    lifecycle.add_details(
        inbound, payload["transactionId"], {"priority_charging": payload["activated"]}
    )
    return {}


BLOCK = Block(
    handlers={
        "NotifyPriorityCharging": Handler(priority_used),
        "PullDynamicScheduleUpdate": Handler(pull),
    },
    commands={"priority_charging": CommandTranslation("UsePriorityCharging", use_priority)},
    responses={UPDATE: ResponseReading(record=record_update)},
)
OVERRIDES = Block(
    commands={
        "update_limit": CommandTranslation(
            SET, update_limit, choose, reading=ResponseReading(conclude, record)
        )
    }
)
