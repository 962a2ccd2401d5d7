"""Limits that change often: a profile of one period, which the next limit replaces."""

from typing import Any

from chargepoints import clock
from chargepoints.clock import api_time
from chargepoints.models import ChargingProfile, Command
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import installed_profiles

Purpose = ChargingProfile.Purpose

# Arguments that are not settings of the period.
_PLACE = frozenset({"evse_id", "purpose", "stack_level", "unit", "profile_id", "profile", "phases"})


def settings(args: dict[str, Any]) -> dict[str, Any]:
    """The new settings of the period."""
    return {name: value for name, value in args.items() if name not in _PLACE}


def as_profile(command: Command, kind: str = "absolute") -> None:
    """Add a profile to the command, as for `set_charging_profile`. Raises CommandRefused."""
    args = command.args
    said = settings(args)
    if not said:
        raise CommandRefused("invalid_args", "give a limit or another setting")
    if "profile" in args:
        return
    evse_id = args.get("evse_id", 0)
    phases = {"phases": args["phases"]} if "phases" in args else {}
    args["profile"] = {
        "purpose": args.get("purpose") or (Purpose.DEFAULT if evse_id else Purpose.STATION_MAX),
        "kind": kind,
        "stack_level": args.get("stack_level", 0),
        "unit": args.get("unit", "A"),
        "start": api_time(clock.now().replace(microsecond=0)),
        "periods": [{"start_s": 0} | said | phases],
    }
    Command.objects.filter(pk=command.pk).update(args=args)


def dynamic_profile(charge_point_id: int, profile_id: int) -> ChargingProfile | None:
    """The dynamic profile with this id, whose values can be updated."""
    found = ChargingProfile.objects.filter(
        charge_point_id=charge_point_id, profile_id=profile_id, missing_since=None
    )
    return next((row for row in found if row.profile["kind"] == "dynamic"), None)


def dynamic_here(command: Command) -> ChargingProfile | None:
    """The dynamic profile of this command, by its id, or by purpose, stack level and EVSE."""
    args = command.args
    if "profile_id" in args:
        return dynamic_profile(command.charge_point_id, args["profile_id"])
    evse_id = args.get("evse_id", 0)
    place = {
        "purpose": args.get("purpose") or (Purpose.DEFAULT if evse_id else Purpose.STATION_MAX),
        "stack_level": args.get("stack_level", 0),
    }
    found = installed_profiles.in_its_place(command.charge_point_id, evse_id, place)
    return next((row for row in found if row.profile["kind"] == "dynamic"), None)


def update(row: ChargingProfile, said: dict[str, Any]) -> None:
    """Store values that the charge point accepted."""
    (period,) = row.profile["periods"]
    row.profile = row.profile | {"periods": [period | said]}
    row.save(update_fields=["profile"])
