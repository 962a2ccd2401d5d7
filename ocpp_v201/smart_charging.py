"""K Smart charging: profiles set, cleared, reported; the composite schedule."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from chargepoints.clock import ocpp_time
from chargepoints.inbound import Inbound
from chargepoints.models import Command, Transaction
from chargepoints.services import charging_profiles, commands, expected_schedule
from chargepoints.services.commands import CommandRefused
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import (
    CommandTranslation,
    Conclusion,
    Handler,
    Payload,
    ResponseReading,
)
from ocpp_v201.requests import request_id

PURPOSE = {
    "station_max": "ChargingStationMaxProfile",
    "default": "TxDefaultProfile",
    "transaction": "TxProfile",
    "external": "ChargingStationExternalConstraints",
}
SOURCES = {"ems": "EMS", "other": "Other", "so": "SO", "cso": "CSO"}


def charging_profile(profile: Payload) -> Payload:
    """ChargingProfileType from a neutral profile."""
    said: Payload = {
        "id": profile["id"],
        "stackLevel": profile["stack_level"],
        "chargingProfilePurpose": PURPOSE[profile["purpose"]],
        "chargingProfileKind": profile["kind"].capitalize(),
        "chargingSchedule": [_schedule(profile)],
    }
    if "recurrence" in profile:
        said["recurrencyKind"] = profile["recurrence"].capitalize()
    for name, here in (("validFrom", "valid_from"), ("validTo", "valid_to")):
        if here in profile:
            said[name] = _time(profile[here])
    if "transaction_id" in profile:
        said["transactionId"] = profile["transaction_id"]
    return said


def _schedule(profile: Payload) -> Payload:
    schedule: Payload = {
        "id": profile["id"],
        "chargingRateUnit": profile["unit"],
        "chargingSchedulePeriod": [_period(period) for period in profile["periods"]],
    }
    if "start" in profile:
        schedule["startSchedule"] = _time(profile["start"])
    elif profile["kind"] != "relative":
        # K01.FR.40: an absolute or recurring schedule says when it starts.
        schedule["startSchedule"] = ocpp_time(timezone.now())
    if "duration_s" in profile:
        schedule["duration"] = profile["duration_s"]
    if "min_rate" in profile:
        schedule["minChargingRate"] = _tenths(profile["min_rate"])
    return schedule


def _period(period: Payload) -> Payload:
    said: Payload = {"startPeriod": period["start_s"], "limit": _tenths(period["limit"])}
    if "phases" in period:
        said["numberPhases"] = period["phases"]
    return said


def _tenths(value: float) -> float:
    """ChargingSchedulePeriodType: at most one digit fraction."""
    return round(float(value), 1)


def _time(text: str) -> str:
    return ocpp_time(datetime.fromisoformat(text))


def set_profile(unit: UnitOfWork, command: Command) -> Payload:
    evse_id = command.args.get("evse_id", 0)
    _keep_number(command, evse_id)
    profile = charging_profiles.numbered(command)
    if profile["purpose"] == "station_max" and (evse_id or profile["kind"] == "relative"):
        # K01.FR.38, and SetChargingProfileRequest's evseId.
        raise CommandRefused("invalid_args", "`station_max` is for EVSE 0, and never relative")
    if profile["purpose"] == "transaction":
        # K01.FR.03: it names its transaction, which is the one under way there.
        profile = _of_transaction(command, evse_id, profile)
    return {"evseId": evse_id, "chargingProfile": charging_profile(profile)}


def _keep_number(command: Command, evse_id: int) -> None:
    """K01.FR.06, FR.39: no two profiles in one place; without an id it replaces the one there."""
    profile = command.args["profile"]
    if "id" in profile:
        return
    number = charging_profiles.number_in_place(command.charge_point_id, evse_id, profile)
    if number is not None:
        command.args["profile"] = profile | {"id": number}
        Command.objects.filter(pk=command.pk).update(args=command.args)


def _of_transaction(command: Command, evse_id: int, profile: Payload) -> Payload:
    if "transaction_id" in profile:
        return profile
    under_way = Transaction.objects.filter(
        charge_point_id=command.charge_point_id, evse_id=evse_id, ended_at=None
    ).order_by("-id")
    row = under_way.first()
    return profile | ({"transaction_id": row.transaction_id} if row else {})


def record_set(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if command.type == "set_charging_profile" and response["status"] == "Accepted":
        args = command.args
        charging_profiles.install(command.charge_point_id, args.get("evse_id", 0), args["profile"])


def clear_profile(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    if "profile_id" in args:
        return {"chargingProfileId": args["profile_id"]}
    criteria: Payload = {}
    if "evse_id" in args:
        criteria["evseId"] = args["evse_id"]
    if "purpose" in args:
        criteria["chargingProfilePurpose"] = PURPOSE[args["purpose"]]
    if "stack_level" in args:
        criteria["stackLevel"] = args["stack_level"]
    if not criteria:
        # K10.FR.02: one of them at least.
        raise CommandRefused("invalid_args", "OCPP 2.0.1 clears by profile_id or by criteria")
    return {"chargingProfileCriteria": criteria}


def record_clear(unit: UnitOfWork, command: Command, response: Payload) -> None:
    # K10: Unknown says that nothing fits; then we have nothing to keep either.
    if command.type == "clear_charging_profile" and response["status"] in ("Accepted", "Unknown"):
        charging_profiles.clear(command.charge_point_id, command.args)


def get_composite(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    payload: Payload = {"evseId": args.get("evse_id", 0), "duration": args["duration_s"]}
    if "unit" in args:
        payload["chargingRateUnit"] = args["unit"]
    return payload


def record_composite(unit: UnitOfWork, command: Command, response: Payload) -> None:
    schedule = response.get("schedule")
    if command.type != "get_composite_schedule" or not schedule:
        return
    theirs = [
        (period["startPeriod"], float(period["limit"]))
        for period in schedule["chargingSchedulePeriod"]
    ]
    unit_of_rate = schedule["chargingRateUnit"]
    expected_schedule.compare(command, schedule["scheduleStart"], unit_of_rate, theirs)


def effect(request_number: int) -> str:
    return f"profiles:{request_number}"


def get_profiles(unit: UnitOfWork, command: Command) -> Payload:
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
        # K09.FR.03: one of them at least.
        raise CommandRefused("invalid_args", "name profile_ids, purpose, stack_level or sources")
    evse = {"evseId": args["evse_id"]} if "evse_id" in args else {}
    return {"requestId": number, "chargingProfile": criteria, **evse}


def conclude_profiles(command: Command, response: Payload) -> Conclusion:
    # K09: NoProfiles says that none fits; no report follows.
    status = str(response["status"])
    if status == "Accepted":
        return Conclusion(Command.State.ACCEPTED)
    return Conclusion(Command.State.REJECTED, error_code=status)


def report_profiles(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    commands.take_part(
        inbound.unit,
        inbound.station.id,
        effect(payload["requestId"]),
        {
            "evse_id": payload["evseId"],
            "source": payload["chargingLimitSource"],
            "profiles": payload["chargingProfile"],
        },
        last=not payload.get("tbc"),
    )
    return {}


HANDLERS = {"ReportChargingProfiles": Handler(report_profiles)}
COMMANDS = {
    "set_charging_profile": CommandTranslation("SetChargingProfile", set_profile),
    "clear_charging_profile": CommandTranslation("ClearChargingProfile", clear_profile),
    "get_charging_profiles": CommandTranslation("GetChargingProfiles", get_profiles),
    "get_composite_schedule": CommandTranslation("GetCompositeSchedule", get_composite),
}
RESPONSES = {
    "SetChargingProfile": ResponseReading(record=record_set),
    "ClearChargingProfile": ResponseReading(record=record_clear),
    "GetChargingProfiles": ResponseReading(conclude_profiles),
    "GetCompositeSchedule": ResponseReading(record=record_composite),
}
