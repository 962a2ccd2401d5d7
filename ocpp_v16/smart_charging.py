"""Smart charging (1.6, 5.16, 5.5 and 5.7)."""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, Command
from chargepoints.protocol.versions import Block, CommandTranslation, Payload, ResponseReading
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import (
    expected_schedule,
    installed_profiles,
    limit_updates,
    profile_requests,
)
from chargepoints.services.smart_charging.ocpp_schedules import (
    charging_schedule,
    refuse_later_fields,
    said_time,
)
from chargepoints.services.smart_charging.profile_checks import check_profile

PURPOSE = OcppValues(
    {
        "station_max": "ChargePointMaxProfile",
        "default": "TxDefaultProfile",
        "transaction": "TxProfile",
    }
)
KIND = OcppValues({name.lower(): name for name in ("Absolute", "Recurring", "Relative")})


def charging_profile(unit: UnitOfWork, charge_point: ChargePoint, profile: Payload) -> Payload:
    """csChargingProfiles (7.8) from a neutral profile, as this charge point understands it."""
    check_profile(profile)
    refuse_later_fields(profile)
    profile = profile_requests.as_understood(unit, charge_point, profile)
    said: Payload = {
        "chargingProfileId": profile["id"],
        "stackLevel": profile["stack_level"],
        "chargingProfilePurpose": PURPOSE[profile["purpose"]],
        "chargingProfileKind": KIND[profile["kind"]],
        "chargingSchedule": charging_schedule(profile),
    }
    if "transaction_id" in profile:
        said["transactionId"] = _number(profile["transaction_id"])
    if profile["kind"] == "recurring":
        said["recurrencyKind"] = profile["recurrence"].capitalize()
    for name, here in (("validFrom", "valid_from"), ("validTo", "valid_to")):
        if here in profile:
            said[name] = said_time(profile[here])
    return said


def _number(transaction_id: str) -> int:
    try:
        return int(transaction_id)
    except ValueError:
        raise CommandRefused("invalid_args", "a transaction id is an integer in OCPP 1.6") from None


def set_profile(unit: UnitOfWork, command: Command) -> Payload:
    connector, profile = profile_requests.next_part(unit, command)
    return {
        "connectorId": connector,
        "csChargingProfiles": charging_profile(unit, command.charge_point, profile),
    }


def update_limit(unit: UnitOfWork, command: Command) -> Payload:
    limit_updates.as_profile(command)
    return set_profile(unit, command)


def record_set(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] != "Accepted":
        return
    asked: Payload = command.request or {}
    number = asked["csChargingProfiles"]["chargingProfileId"]
    profile_requests.accepted(unit, command, asked["connectorId"], number)


def clear_profile(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    payload: Payload = {}
    if "profile_id" in args:
        payload["id"] = args["profile_id"]
    if "evse_id" in args:
        payload["connectorId"] = args["evse_id"]
    if "purpose" in args:
        payload["chargingProfilePurpose"] = PURPOSE[args["purpose"]]
    if "stack_level" in args:
        payload["stackLevel"] = args["stack_level"]
    return payload


def record_clear(unit: UnitOfWork, command: Command, response: Payload) -> None:
    # 5.5: Unknown means that no profile matches, so remove ours as well.
    if response["status"] in ("Accepted", "Unknown"):
        installed_profiles.clear(command.charge_point_id, command.args)


def get_composite(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    payload: Payload = {"connectorId": args.get("evse_id", 0), "duration": args["duration_s"]}
    if "unit" in args:
        payload["chargingRateUnit"] = args["unit"]
    return payload


def record_composite(unit: UnitOfWork, command: Command, response: Payload) -> None:
    """Compare the charger's schedule with the expected one, to find limits it does not apply."""
    schedule = response.get("chargingSchedule")
    if not schedule:
        return
    start = response.get("scheduleStart") or schedule.get("startSchedule")
    theirs = [
        (period["startPeriod"], float(period["limit"]))
        for period in schedule["chargingSchedulePeriod"]
    ]
    expected_schedule.compare(command, start, schedule.get("chargingRateUnit", "A"), theirs)


BLOCK = Block(
    commands={
        "set_charging_profile": CommandTranslation(
            "SetChargingProfile",
            set_profile,
            reading=ResponseReading(profile_requests.conclude_part, record_set),
        ),
        "clear_charging_profile": CommandTranslation(
            "ClearChargingProfile", clear_profile, reading=ResponseReading(record=record_clear)
        ),
        "update_limit": CommandTranslation(
            "SetChargingProfile",
            update_limit,
            reading=ResponseReading(profile_requests.conclude_part, record_set),
        ),
        "get_composite_schedule": CommandTranslation(
            "GetCompositeSchedule", get_composite, reading=ResponseReading(record=record_composite)
        ),
    },
)
