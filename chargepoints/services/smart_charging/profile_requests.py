"""Requests for charging profiles: with ids, adapted to the charge point, one for each EVSE."""

from typing import Any

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, ChargingProfile, Command, Evse
from chargepoints.protocol.versions import Conclusion, by_status
from chargepoints.services.commands import submission
from chargepoints.services.commands.station_numbers import next_unused_number
from chargepoints.services.commands.submission import CommandRefused
from chargepoints.services.smart_charging import composite_schedule, installed_profiles
from chargepoints.services.smart_charging.installed_profiles import Profile, Purpose
from chargepoints.services.smart_charging.profile_checks import check_evse
from chargepoints.services.stations import quirks
from chargepoints.services.transactions import lookup

VERIFIED_FOR_S = 3600


def numbered(unit: UnitOfWork, command: Command, evse_id: int, name: str = "profile") -> Profile:
    """The profile in a command's argument `name`, completed by an id and a stack level.

    Without an id, it gets that of the profile it replaces on this EVSE, or a new one.
    """
    profile: Profile = {"stack_level": 0, **command.args[name]}
    only_level = quirks.setting(command.charge_point, "stack_level")
    if only_level is not None and profile["stack_level"] != only_level:
        profile["stack_level"] = only_level
        quirks.used(unit, command.charge_point_id, "stack_level")
    if "id" not in profile:
        profile["id"] = _number_for(command.charge_point_id, evse_id, profile)
    keep(command, profile, name)
    return profile


def keep(command: Command, profile: Profile, name: str = "profile") -> None:
    """Store the completed profile in the command, until the answer comes."""
    if profile != command.args[name]:
        command.args[name] = profile
        Command.objects.filter(pk=command.pk).update(args=command.args)


def _number_for(charge_point_id: int, evse_id: int, profile: Profile) -> int:
    in_place = next(iter(installed_profiles.in_its_place(charge_point_id, evse_id, profile)), None)
    if in_place is not None:
        return in_place.profile_id
    known = ChargingProfile.objects.filter(charge_point_id=charge_point_id)
    return next_unused_number(charge_point_id, known.values_list("profile_id", flat=True))


def _unit(charge_point: ChargePoint, profile: Profile) -> str:
    """A or W, as this charge point understands it."""
    return str(quirks.setting(charge_point, "charging_rate_unit") or profile["unit"])


def as_understood(unit: UnitOfWork, charge_point: ChargePoint, profile: Profile) -> Profile:
    """The profile in the unit and on the scale that this charge point understands."""
    wanted = _unit(charge_point, profile)
    factor = quirks.setting(charge_point, "limit_factor") or 1
    if wanted != profile["unit"]:
        quirks.used(unit, charge_point.pk, "charging_rate_unit")
    if factor != 1:
        quirks.used(unit, charge_point.pk, "limit_factor")

    def limit(value: float, phases: int | None = None) -> float:
        return composite_schedule.in_unit(value, profile["unit"], wanted, phases) / factor

    periods = [
        period | {"limit": limit(period["limit"], period.get("phases"))}
        if "limit" in period
        else period
        for period in profile["periods"]
    ]
    least = {"min_rate": limit(profile["min_rate"])} if "min_rate" in profile else {}
    return profile | least | {"unit": wanted, "periods": periods}


def each_evse(command: Command) -> list[int]:
    """The EVSEs that get the profile of a command, one request each.

    A charge point that ignores connector 0 gets it for each EVSE. Raises CommandRefused.
    """
    evse_id: int = command.args.get("evse_id", 0)
    if evse_id or not quirks.setting(command.charge_point, "ignores_connector_0"):
        return [evse_id]
    if command.args["profile"]["purpose"] == Purpose.STATION_MAX:
        raise CommandRefused(
            "not_supported", "this charger ignores profiles for the whole charge point"
        )
    known = Evse.objects.filter(charge_point=command.charge_point_id).order_by("evse_id")
    return list(known.values_list("evse_id", flat=True)) or [evse_id]


def next_part(unit: UnitOfWork, command: Command) -> tuple[int, Profile]:
    """The next EVSE, and its profile, with the id that the profile has on this EVSE.

    A profile for a transaction gets its id. Raises CommandRefused.
    """
    evses, done = each_evse(command), len(command.result or [])
    evse_id = evses[min(done, len(evses) - 1)]
    profile = numbered(unit, command, evse_id)
    if len(evses) > 1:
        quirks.used(unit, command.charge_point_id, "ignores_connector_0")
    if done:
        profile = profile | {"id": _number_for(command.charge_point_id, evse_id, profile)}
    check_evse(evse_id, profile["purpose"])
    if profile["purpose"] == Purpose.TRANSACTION:
        profile = _of_transaction(command, evse_id, profile)
    return evse_id, profile


def _of_transaction(command: Command, evse_id: int, profile: Profile) -> Profile:
    """2.0.1 K01.FR.03: with the transaction id of the profile, else of the open transaction."""
    if "transaction_id" in profile:
        return profile
    row = lookup.open_on(command.charge_point_id, evse_id)
    if row is not None:
        profile = profile | {"transaction_id": row.transaction_id}
        keep(command, profile)
    return profile


def accepted(
    unit: UnitOfWork,
    command: Command,
    evse_id: int,
    profile_id: int,
    *,
    may_alternate: bool = False,
) -> None:
    """Store the part that the charge point has accepted.

    With the quirk `verify_profiles`, request its composite schedule as well.
    """
    charge_point, profile = command.charge_point, command.args["profile"] | {"id": profile_id}
    installed_profiles.install(charge_point.pk, evse_id, profile, may_alternate=may_alternate)
    command.result = [*(command.result or []), {"evse_id": evse_id, "profile_id": profile_id}]
    if quirks.setting(charge_point, "verify_profiles") and charge_point.proactive:
        quirks.used(unit, charge_point.pk, "verify_profiles")
        submission.submit(
            charge_point,
            "get_composite_schedule",
            {
                "evse_id": evse_id,
                "duration_s": VERIFIED_FOR_S,
                "unit": _unit(charge_point, profile),
            },
            requested_by="gateway",
        )


def accepted_with_start(command: Command) -> None:
    """Store the profile of an accepted remote start, if it had one."""
    args = command.args
    # Without an EVSE, the place of the profile is unknown.
    if "charging_profile" in args and "evse_id" in args:
        installed_profiles.install(
            command.charge_point_id, args["evse_id"], args["charging_profile"]
        )


def is_complete(command: Command) -> bool:
    """Whether all EVSEs have accepted the profile."""
    return len(command.result or []) >= len(each_evse(command))


def conclude_part(command: Command, response: dict[str, Any]) -> Conclusion:
    """Conclude one answer of a command that may need several requests."""
    concluded = by_status(command, response)
    if concluded.state != Command.State.ACCEPTED:
        return concluded
    return concluded if is_complete(command) else Conclusion(Command.State.QUEUED)
