"""K: charging profiles and schedules, from neutral names to OCPP's and back."""

from collections.abc import Mapping

from chargepoints import clock
from chargepoints.clock import api_time, coming_time
from chargepoints.protocol.inbound import clip
from chargepoints.protocol.versions import Payload
from chargepoints.services.commands.ocpp_values import OcppValues
from chargepoints.services.smart_charging.ocpp_schedules import charging_schedule, said_time
from chargepoints.services.smart_charging.profile_checks import check_profile
from chargepoints.services.transactions import shared_ids
from ocpp_v201 import numbers

PURPOSE = OcppValues(
    {
        "station_max": "ChargingStationMaxProfile",
        "default": "TxDefaultProfile",
        "transaction": "TxProfile",
        "external": "ChargingStationExternalConstraints",
        "priority": "PriorityCharging",
        "local_generation": "LocalGeneration",
    }
)
NEUTRAL_PURPOSE = {name: purpose for purpose, name in PURPOSE.items()}
SOURCES = OcppValues({"ems": "EMS", "other": "Other", "so": "SO", "cso": "CSO"})
# Optional fields; the schema of a version without such a field refuses the request.
OF_A_PROFILE = {
    "max_offline_s": "maxOfflineDuration",
    "invalid_after_offline": "invalidAfterOfflineDuration",
    "update_interval_s": "dynUpdateInterval",
}
OF_A_SCHEDULE = {
    "limit_at_soc": "limitAtSoC",
    "power_tolerance": "powerTolerance",
    "randomized_delay_s": "randomizedDelay",
    "use_local_time": "useLocalTime",
}
# The fields of ChargingScheduleUpdateType, which can update a dynamic schedule, per phase too.
SETTINGS = {
    f"{name}{suffix.lower()}": f"{ocpp}{suffix}"
    for name, ocpp in (
        ("limit", "limit"),
        ("discharge_limit", "dischargeLimit"),
        ("setpoint", "setpoint"),
        ("setpoint_reactive", "setpointReactive"),
    )
    for suffix in ("", "_L2", "_L3")
}
OF_A_PERIOD = {
    **SETTINGS,
    "phases": "numberPhases",
    "operation_mode": "operationMode",
    "preconditioning": "preconditioningRequest",
    "ev_asleep": "evseSleep",
    "v2x_baseline": "v2xBaseline",
    "v2x_freq_watt_curve": "v2xFreqWattCurve",
    "v2x_signal_watt_curve": "v2xSignalWattCurve",
}
NEUTRAL_SOURCE = {name: source for source, name in SOURCES.items()}


def charging_profile(profile: Payload) -> Payload:
    """ChargingProfileType from a neutral profile. Raises CommandRefused if that is impossible."""
    check_profile(profile)
    said: Payload = {
        "id": profile["id"],
        "stackLevel": profile["stack_level"],
        "chargingProfilePurpose": PURPOSE[profile["purpose"]],
        "chargingProfileKind": profile["kind"].capitalize(),
        "chargingSchedule": [_schedule(profile)],
    }
    if profile["kind"] == "recurring":
        said["recurrencyKind"] = profile["recurrence"].capitalize()
    for name, here in (("validFrom", "valid_from"), ("validTo", "valid_to")):
        if here in profile:
            said[name] = said_time(profile[here])
    if "transaction_id" in profile:
        said["transactionId"] = shared_ids.sent(profile["transaction_id"])
    return said | _renamed(OF_A_PROFILE, profile)


def _schedule(profile: Payload) -> Payload:
    schedule = charging_schedule(profile) | _renamed(OF_A_SCHEDULE, profile)
    periods = sorted(profile["periods"], key=lambda period: int(period["start_s"]))
    for said, period in zip(schedule["chargingSchedulePeriod"], periods, strict=True):
        said.update(_renamed(OF_A_PERIOD, period) | said)
    return {"id": profile["id"], **schedule}


def _renamed(names: Mapping[str, str], values: Payload) -> Payload:
    return {ocpp: values[name] for name, ocpp in names.items() if name in values}


def _neutral(names: Mapping[str, str], said: Payload) -> Payload:
    return {name: said[ocpp] for name, ocpp in names.items() if ocpp in said}


def with_start(profile: Payload) -> Payload:
    """K01.FR.40: an absolute or recurring schedule needs a start; the default is now."""
    if "start" in profile or profile["kind"] == "relative":
        return profile
    return profile | {"start": api_time(clock.now().replace(microsecond=0))}


def neutral_profile(profile: Payload) -> Payload:
    """A neutral profile from ChargingProfileType; the first of a car's alternatives (K15)."""
    neutral: Payload = {
        "id": numbers.clipped(profile["id"]),
        "stack_level": numbers.clipped(profile["stackLevel"], 0),
        "purpose": NEUTRAL_PURPOSE.get(profile["chargingProfilePurpose"], "external"),
        "kind": profile["chargingProfileKind"].lower(),
        **neutral_schedule(profile["chargingSchedule"][0]),
        **_neutral(OF_A_PROFILE, profile),
    }
    if "recurrencyKind" in profile:
        neutral["recurrence"] = profile["recurrencyKind"].lower()
    for name, here in (("validFrom", "valid_from"), ("validTo", "valid_to")):
        if at := coming_time(profile.get(name)):
            neutral[here] = api_time(at)
    if "transactionId" in profile:
        neutral["transaction_id"] = clip(profile["transactionId"], 255)
    return neutral


def rate_unit(said: object) -> str:
    """A or W, by the first letter of an odd unit (`Amps`, `w`); W if it is neither."""
    return "A" if str(said)[:1].upper() == "A" else "W"


def neutral_schedule(schedule: Payload) -> Payload:
    neutral: Payload = {
        "unit": rate_unit(schedule["chargingRateUnit"]),
        "periods": [
            {"start_s": numbers.clipped(period["startPeriod"], 0)} | _neutral(OF_A_PERIOD, period)
            for period in schedule["chargingSchedulePeriod"]
        ],
    }
    if start := coming_time(schedule.get("startSchedule")):
        neutral["start"] = api_time(start)
    if "duration" in schedule:
        neutral["duration_s"] = numbers.clipped(schedule["duration"], 0)
    if "minChargingRate" in schedule:
        neutral["min_rate"] = schedule["minChargingRate"]
    return neutral | _neutral(OF_A_SCHEDULE, schedule)
