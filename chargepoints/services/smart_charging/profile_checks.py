"""Refuses charging profiles that are invalid for all versions, by CommandRefused."""

from datetime import datetime
from typing import Any

from chargepoints.services.commands.submission import CommandRefused


def check_profile(profile: dict[str, Any]) -> None:
    starts = [period["start_s"] for period in profile["periods"]]
    if min(starts) != 0:
        # 2.0.1 K01.FR.31.
        raise CommandRefused("invalid_args", "the first period must have `start_s` 0")
    if len(set(starts)) < len(starts):
        # 2.0.1 K01.FR.35.
        raise CommandRefused("invalid_args", "two periods start at the same time")
    if profile["kind"] == "recurring" and "recurrence" not in profile:
        raise CommandRefused("invalid_args", "a recurring profile needs a `recurrence`")
    if profile["kind"] == "relative" and "start" in profile:
        # 2.0.1 K01.FR.41.
        raise CommandRefused("invalid_args", "a relative profile cannot have a `start`")
    if profile["kind"] == "dynamic" and len(starts) != 1:
        # K28.FR.01
        raise CommandRefused("invalid_args", "a dynamic profile has exactly one period")
    if profile["kind"] != "dynamic" and "update_interval_s" in profile:
        # K28.FR.04
        raise CommandRefused("invalid_args", "only a dynamic profile can have update_interval_s")
    if profile["purpose"] != "transaction" and "transaction_id" in profile:
        # 1.6 7.8, 2.0.1 ChargingProfileType.
        raise CommandRefused("invalid_args", "only a `transaction` profile can have transaction_id")
    if not _is_valid_at_all(profile):
        raise CommandRefused("invalid_args", "`valid_to` must be after `valid_from`")


def _is_valid_at_all(profile: dict[str, Any]) -> bool:
    if "valid_from" not in profile or "valid_to" not in profile:
        return True
    begin, end = (datetime.fromisoformat(profile[name]) for name in ("valid_from", "valid_to"))
    return begin < end


def check_evse(evse_id: int, purpose: str) -> None:
    """1.6 3.13.1, 2.0.1 K01.FR.16 and SetChargingProfileRequest's evseId."""
    if purpose == "station_max" and evse_id:
        raise CommandRefused("invalid_args", "a `station_max` profile is only for EVSE 0")
    if purpose == "transaction" and not evse_id:
        raise CommandRefused("invalid_args", "a `transaction` profile needs an EVSE")
