"""K09: the station reports its charging profiles, in parts."""

from typing import Any

from chargepoints import clock
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
from chargepoints.services.commands import outcomes
from chargepoints.services.smart_charging import reported_profiles
from chargepoints.services.smart_charging.reported_profiles import Criteria
from ocpp_v201 import numbers
from ocpp_v201.requests import effect_of_report, request_id
from ocpp_v201.schedules import NEUTRAL_SOURCE, PURPOSE, SOURCES, neutral_profile


def effect(request_number: int | None) -> str:
    return f"profiles:{request_number}"


def ask(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    number = request_id(command)
    command.effect_key = effect(number)
    criteria: Payload = {}
    if "profile_ids" in args:
        criteria["chargingProfileId"] = args["profile_ids"]
    if "purpose" in args:
        criteria["chargingProfilePurpose"] = PURPOSE[args["purpose"]]
    if "stack_level" in args:
        criteria["stackLevel"] = args["stack_level"]
    if "sources" in args:
        criteria["chargingLimitSource"] = [SOURCES[source] for source in args["sources"]]
    if not criteria:
        # K09.FR.03: at least one criterion; every profile has a source.
        criteria["chargingLimitSource"] = list(SOURCES.values())
    evse = {"evseId": args["evse_id"]} if "evse_id" in args else {}
    return {"requestId": number, "chargingProfile": criteria, **evse}


def record(unit: UnitOfWork, command: Command, response: Payload) -> None:
    # NoProfiles: no profile matches, and no report follows.
    if response["status"] == "NoProfiles":
        _complete(command)


def report(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    station_id, last = inbound.station.id, not payload.get("tbc")
    reported_profiles.reported(
        station_id,
        numbers.place(inbound, payload["evseId"]) or 0,
        NEUTRAL_SOURCE.get(str(payload.get("chargingLimitSource")), "other"),
        [
            neutral_profile(profile)
            for profile in payload["chargingProfile"]
            if profile["chargingSchedule"]
        ],
        inbound.received_at,
    )
    asked = outcomes.add_part(
        inbound.unit,
        station_id,
        effect_of_report(inbound, effect),
        {
            "evse_id": payload["evseId"],
            "source": payload.get("chargingLimitSource"),
            "profiles": payload["chargingProfile"],
        },
        last=last,
    )
    if last and asked is not None:
        _complete(asked)
    return {}


def _complete(command: Command) -> None:
    args = command.args
    if command.sent_at is None:
        return
    criteria = Criteria(
        evse_id=args.get("evse_id"),
        profile_ids=tuple(args.get("profile_ids") or ()),
        purpose=args.get("purpose"),
        stack_level=args.get("stack_level"),
        sources=tuple(args.get("sources") or ()),
    )
    reported_profiles.complete(command.charge_point_id, criteria, command.sent_at, clock.now())


BLOCK = Block(
    handlers={
        "ReportChargingProfiles": Handler(
            report, dispensable=frozenset({"requestId", "chargingLimitSource"})
        )
    },
    commands={
        "get_charging_profiles": CommandTranslation(
            "GetChargingProfiles", ask, reading=ResponseReading(record=record)
        )
    },
)
