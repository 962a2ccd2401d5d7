"""K Smart charging: set and clear profiles; the composite schedule."""

from functools import partial

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.versions import (
    Block,
    CommandTranslation,
    Conclusion,
    Payload,
    ResponseReading,
    by_status,
)
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import (
    expected_schedule,
    installed_profiles,
    limit_updates,
    profile_requests,
)
from ocpp_v201.dialect import Dialect
from ocpp_v201.schedules import PURPOSE, charging_profile, rate_unit, with_start


def set_profile(unit: UnitOfWork, command: Command) -> Payload:
    profile_requests.keep(command, with_start(command.args["profile"]))
    evse_id, profile = profile_requests.next_part(unit, command)
    if profile["purpose"] == "station_max" and profile["kind"] == "relative":
        # K01.FR.38.
        raise CommandRefused("invalid_args", "a `station_max` profile cannot be relative")
    _check_place(command.charge_point_id, evse_id, profile)
    profile = profile_requests.as_understood(unit, command.charge_point, profile)
    return {"evseId": evse_id, "chargingProfile": charging_profile(profile)}


def update_limit(unit: UnitOfWork, command: Command) -> Payload:
    limit_updates.as_profile(command)
    return set_profile(unit, command)


def _check_place(charge_point_id: int, evse_id: int, profile: Payload) -> None:
    """K01.FR.06, FR.39: no two profiles with the same purpose, stack level and EVSE."""
    for other in installed_profiles.in_its_place(charge_point_id, evse_id, profile):
        if other.profile_id != profile["id"]:
            raise CommandRefused(
                "invalid_args",
                f"profile {other.profile_id} has the same purpose, stack level and EVSE: "
                "use its id to replace it, or clear it first",
            )


def record_set(unit: UnitOfWork, command: Command, response: Payload) -> None:
    if response["status"] == "Accepted":
        asked: Payload = command.request or {}
        number = asked["chargingProfile"]["id"]
        profile_requests.accepted(unit, command, asked["evseId"], number, may_alternate=True)


def clear_profile(dialect: Dialect, unit: UnitOfWork, command: Command) -> Payload:
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
        criteria["chargingProfilePurpose"] = PURPOSE[_next_purpose(dialect, command)]
    return {"chargingProfileCriteria": criteria}


def _next_purpose(dialect: Dialect, command: Command) -> str:
    """The next purpose to clear, when the command clears all profiles.

    K10.FR.02: a request has at least one criterion; FR.06: external profiles are not cleared.
    """
    return dialect.purposes_of_operator[len(command.result or [])]


def record_clear(dialect: Dialect, unit: UnitOfWork, command: Command, response: Payload) -> None:
    status, criteria = response["status"], command.args
    if not criteria:
        criteria = {"purpose": _next_purpose(dialect, command)}
        command.result = [*(command.result or []), criteria | {"status": status}]
    # K10: Unknown means that no profile matches, so remove ours as well.
    if status in ("Accepted", "Unknown"):
        installed_profiles.clear(command.charge_point_id, criteria)


def conclude_clear(dialect: Dialect, command: Command, response: Payload) -> Conclusion:
    if command.args:
        return by_status(command, response)
    parts: list[Payload] = command.result or []
    if len(parts) < len(dialect.purposes_of_operator):
        return Conclusion(Command.State.QUEUED)
    # Unknown for one purpose is no refusal.
    return by_status(command, next((p for p in parts if p["status"] == "Accepted"), response))


def get_composite(unit: UnitOfWork, command: Command) -> Payload:
    args = command.args
    payload: Payload = {"evseId": args.get("evse_id", 0), "duration": args["duration_s"]}
    if "unit" in args:
        payload["chargingRateUnit"] = args["unit"]
    return payload


def record_composite(unit: UnitOfWork, command: Command, response: Payload) -> None:
    schedule = response.get("schedule")
    if not schedule:
        return
    theirs = [
        (period["startPeriod"], float(period["limit"]) if "limit" in period else None)
        for period in schedule["chargingSchedulePeriod"]
    ]
    unit_of_rate = rate_unit(schedule["chargingRateUnit"])
    expected_schedule.compare(command, schedule["scheduleStart"], unit_of_rate, theirs)


_COMMANDS = {
    "set_charging_profile": CommandTranslation(
        "SetChargingProfile",
        set_profile,
        reading=ResponseReading(profile_requests.conclude_part, record_set),
    ),
    "update_limit": CommandTranslation(
        "SetChargingProfile",
        update_limit,
        reading=ResponseReading(profile_requests.conclude_part, record_set),
    ),
    "get_composite_schedule": CommandTranslation(
        "GetCompositeSchedule", get_composite, reading=ResponseReading(record=record_composite)
    ),
}


def block(dialect: Dialect) -> Block:
    clear = CommandTranslation(
        "ClearChargingProfile",
        partial(clear_profile, dialect),
        reading=ResponseReading(partial(conclude_clear, dialect), partial(record_clear, dialect)),
    )
    return Block(commands={**_COMMANDS, "clear_charging_profile": clear})
