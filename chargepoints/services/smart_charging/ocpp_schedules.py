"""Charging schedules as OCPP objects, as far as 1.6 (7.13) and 2.0.1 agree."""

from datetime import datetime
from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.services.commands.submission import CommandRefused

Schedule = dict[str, Any]

# The fields that all versions have.
PROFILE_FIELDS = frozenset(
    {"id", "stack_level", "purpose", "kind", "recurrence", "valid_from", "valid_to", "unit"}
    | {"transaction_id", "start", "duration_s", "min_rate", "periods"}
)
PERIOD_FIELDS = frozenset({"start_s", "limit", "phases"})


def charging_schedule(profile: Schedule) -> Schedule:
    """The OCPP schedule of a neutral profile: limits in its `unit`, times in seconds and UTC."""
    # 2.0.1 K01.FR.35: ordered by time.
    periods = sorted(profile["periods"], key=lambda period: int(period["start_s"]))
    schedule: Schedule = {
        "chargingRateUnit": profile["unit"],
        "chargingSchedulePeriod": [_period(period) for period in periods],
    }
    if "start" in profile:
        schedule["startSchedule"] = said_time(profile["start"])
    if "duration_s" in profile:
        schedule["duration"] = profile["duration_s"]
    if "min_rate" in profile:
        schedule["minChargingRate"] = _tenths(profile["min_rate"])
    return schedule


def refuse_later_fields(profile: Schedule) -> None:
    """Refuse fields that only later versions have. Raises CommandRefused."""
    more = set(profile) - PROFILE_FIELDS
    for period in profile["periods"]:
        more |= set(period) - PERIOD_FIELDS
        if "limit" not in period:
            raise CommandRefused("not_supported", "a period needs a limit in this version")
    if more:
        word = min(more)
        raise CommandRefused("not_supported", f"this version of OCPP does not have {word!r}")


def said_time(text: str) -> str:
    """A time of the API in the format for chargers."""
    return ocpp_time(datetime.fromisoformat(text))


def _period(period: Schedule) -> Schedule:
    said: Schedule = {"startPeriod": period["start_s"]}
    if "limit" in period:
        said["limit"] = _tenths(period["limit"])
    if "phases" in period:
        said["numberPhases"] = period["phases"]
    return said


def _tenths(value: float) -> float:
    """1.6, 7.14, and ChargingSchedulePeriodType: at most one decimal place."""
    return round(float(value), 1)
