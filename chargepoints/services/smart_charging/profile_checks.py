"""Charging profiles that no charge point could make sense of. Each check raises CommandRefused."""

from datetime import datetime
from typing import Any

from chargepoints.services.commands.submission import CommandRefused


def check_profile(profile: dict[str, Any]) -> None:
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
    if profile["kind"] == "dynamic" and len(starts) != 1:
        # K28.FR.01
        raise CommandRefused("invalid_args", "a dynamic profile has one period")
    if profile["kind"] != "dynamic" and "update_interval_s" in profile:
        # K28.FR.04
        raise CommandRefused("invalid_args", "only a dynamic profile has an update_interval_s")
    if profile["purpose"] != "transaction" and "transaction_id" in profile:
        # 1.6 7.8, 2.0.1 ChargingProfileType.
        raise CommandRefused("invalid_args", "only a `transaction` profile has a transaction_id")
    if not _is_valid_at_all(profile):
        raise CommandRefused("invalid_args", "`valid_to` is not after `valid_from`")


def _is_valid_at_all(profile: dict[str, Any]) -> bool:
    if "valid_from" not in profile or "valid_to" not in profile:
        return True
    begin, end = (datetime.fromisoformat(profile[name]) for name in ("valid_from", "valid_to"))
    return begin < end


def check_evse(evse_id: int, purpose: str) -> None:
    """1.6 3.13.1, 2.0.1 K01.FR.16 and SetChargingProfileRequest's evseId."""
    if purpose == "station_max" and evse_id:
        raise CommandRefused("invalid_args", "`station_max` is for EVSE 0")
    if purpose == "transaction" and not evse_id:
        raise CommandRefused("invalid_args", "`transaction` is for one EVSE")
