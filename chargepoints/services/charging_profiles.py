"""Charging profiles: what each charge point accepted or says it has, in neutral words."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from chargepoints.models import ChargingProfile, Command
from chargepoints.unit_of_work import take_numbers

Purpose = ChargingProfile.Purpose
Source = ChargingProfile.Source
Profile = dict[str, Any]


def numbered(command: Command, name: str = "profile") -> Profile:
    """The profile in a command's argument `name`, with an id and a stack level in any case."""
    profile: Profile = command.args[name]
    if "id" not in profile:
        station_id = command.charge_point_id
        number = take_numbers("request_number", {station_id: 1})[station_id]
        command.args[name] = profile = {**profile, "id": number}
        Command.objects.filter(pk=command.pk).update(args=command.args)
    return {"stack_level": 0, **profile}


def number_in_place(charge_point_id: int, evse_id: int, profile: Profile) -> int | None:
    """The id of the profile that has this one's place: purpose, stack level and EVSE."""
    installed = ChargingProfile.objects.filter(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        purpose=profile["purpose"],
        stack_level=profile.get("stack_level", 0),
        missing_since=None,
    )
    return installed.values_list("profile_id", flat=True).first()


def install(charge_point_id: int, evse_id: int, profile: Profile, source: str = Source.CSO) -> None:
    """The charge point took it: it replaces the one with its id, and the one in its place.

    1.6 5.16.3, 2.0.1 K01.FR.05: same purpose, stack level and EVSE.
    """
    profile = {"stack_level": 0, **profile}
    installed = ChargingProfile.objects.filter(charge_point_id=charge_point_id, source=source)
    same_place = Q(purpose=profile["purpose"], stack_level=profile["stack_level"], evse_id=evse_id)
    installed.filter(same_place | Q(profile_id=profile["id"])).delete()
    ChargingProfile.objects.create(
        charge_point_id=charge_point_id,
        profile_id=profile["id"],
        evse_id=evse_id,
        purpose=profile["purpose"],
        stack_level=profile["stack_level"],
        transaction_id=profile.get("transaction_id", ""),
        profile=profile,
        source=source,
        installed_at=timezone.now(),
    )


def clear(charge_point_id: int, criteria: dict[str, Any]) -> int:
    """Forget the profiles that all criteria fit: profile_id, evse_id, purpose, stack_level.

    Limits from outside are not the operator's to clear (2.0.1 K10.FR.04, FR.09).
    """
    fields = {name: value for name, value in criteria.items() if value is not None}
    of_operator = ChargingProfile.objects.exclude(purpose=Purpose.EXTERNAL)
    cleared, _ = of_operator.filter(charge_point_id=charge_point_id, **fields).delete()
    return cleared


def transaction_ended(charge_point_id: int, evse_id: int | None) -> None:
    """1.6 3.13.1: a profile of a transaction ends with it."""
    ChargingProfile.objects.filter(
        charge_point_id=charge_point_id, evse_id=evse_id or 0, purpose=Purpose.TRANSACTION
    ).delete()


def in_force(charge_point_id: int, evse_id: int, at: datetime) -> QuerySet[ChargingProfile]:
    """What may bear on this EVSE: its own profiles and those of the station."""
    return ChargingProfile.objects.filter(
        charge_point_id=charge_point_id,
        evse_id__in=[0, evse_id],
        installed_at__lte=at,
        missing_since=None,
    )
