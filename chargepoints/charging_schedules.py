"""Charging profiles and schedules in OCPP's words, as far as 1.6 (7.8, 7.13) and 2.0.1 agree."""

from datetime import datetime
from typing import Any

from chargepoints.clock import ocpp_time
from chargepoints.services.commands import CommandRefused

Schedule = dict[str, Any]


def check(profile: Schedule) -> None:
    """Raises CommandRefused where no charge point could make sense of it."""
    starts = [period["start_s"] for period in profile["periods"]]
    if min(starts) != 0:
        # 2.0.1 K01.FR.31.
        raise CommandRefused("invalid_args", "the first period starts with the schedule, at 0 s")
    if len(set(starts)) < len(starts):
        # 2.0.1 K01.FR.35.
        raise CommandRefused("invalid_args", "two periods start at the same time")
    if profile["kind"] == "recurring" and "recurrence" not in profile:
        raise CommandRefused("invalid_args", "a recurring profile says how often: `recurrence`")
    if profile["kind"] == "relative" and "start" in profile:
        # 2.0.1 K01.FR.41.
        raise CommandRefused("invalid_args", "a relative profile has no `start` of its own")
    if profile["purpose"] != "transaction" and "transaction_id" in profile:
        # 1.6 7.8, 2.0.1 ChargingProfileType.
        raise CommandRefused("invalid_args", "only a `transaction` profile has a transaction_id")
    if not _is_valid_at_all(profile):
        raise CommandRefused("invalid_args", "`valid_to` is not after `valid_from`")


def _is_valid_at_all(profile: Schedule) -> bool:
    if "valid_from" not in profile or "valid_to" not in profile:
        return True
    begin, end = (datetime.fromisoformat(profile[name]) for name in ("valid_from", "valid_to"))
    return begin < end


def charging_schedule(profile: Schedule) -> Schedule:
    """The schedule of a neutral profile: limits in its `unit`, times in seconds and UTC."""
    # 2.0.1 K01.FR.35: in the order of time.
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


def said_time(text: str) -> str:
    """A time of the API as chargers read it."""
    return ocpp_time(datetime.fromisoformat(text))


def _period(period: Schedule) -> Schedule:
    said: Schedule = {"startPeriod": period["start_s"], "limit": _tenths(period["limit"])}
    if "phases" in period:
        said["numberPhases"] = period["phases"]
    return said


def _tenths(value: float) -> float:
    """1.6, 7.14, and ChargingSchedulePeriodType: at most one digit fraction."""
    return round(float(value), 1)
