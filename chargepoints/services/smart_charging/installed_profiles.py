"""The charging profiles that each charge point accepted or reported, in neutral form."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from chargepoints import clock
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import ChargingProfile

Purpose = ChargingProfile.Purpose
Source = ChargingProfile.Source
Profile = dict[str, Any]


def _of_transaction(charge_point_id: Any, evse_id: Any) -> QuerySet[ChargingProfile]:
    return ChargingProfile.objects.filter(
        charge_point_id=charge_point_id, evse_id=evse_id, purpose=Purpose.TRANSACTION
    )


_OF_TRANSACTION = PreparedQuery(_of_transaction)


def in_its_place(charge_point_id: int, evse_id: int, profile: Profile) -> list[ChargingProfile]:
    """Profiles with the same purpose, stack level and EVSE that are valid at the same time."""
    rows = _same_place(charge_point_id, evse_id, profile).filter(missing_since=None)
    return [row for row in rows if _valid_together(row.profile, profile)]


def _same_place(charge_point_id: int, evse_id: int, profile: Profile) -> QuerySet[ChargingProfile]:
    return ChargingProfile.objects.filter(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        purpose=profile["purpose"],
        stack_level=profile["stack_level"],
    )


def _valid_together(one: Profile, other: Profile) -> bool:
    """2.0.1 K01.FR.06; always true for profiles of a transaction (K01.FR.39)."""
    if one["purpose"] == Purpose.TRANSACTION:
        return True
    pairs = ((one, other), (other, one))
    return not any(
        "valid_to" in first
        and "valid_from" in second
        and datetime.fromisoformat(first["valid_to"])
        <= datetime.fromisoformat(second["valid_from"])
        for first, second in pairs
    )


def install(
    charge_point_id: int,
    evse_id: int,
    profile: Profile,
    source: str = Source.CSO,
    *,
    may_alternate: bool = False,
) -> None:
    """Store an accepted profile; it replaces those with its id, or with the same place.

    1.6 5.16.3: the place is purpose, stack level and EVSE. `by_turns` (2.0.1 K01.FR.06): profiles
    that are never valid at the same time can share a place.
    """
    profile = {"stack_level": 0, **profile}
    installed = ChargingProfile.objects.filter(charge_point_id=charge_point_id, source=source)
    installed.filter(profile_id=profile["id"]).delete()
    for row in _same_place(charge_point_id, evse_id, profile).filter(source=source):
        if not may_alternate or _valid_together(row.profile, profile):
            row.delete()
    ChargingProfile.objects.create(
        charge_point_id=charge_point_id,
        profile_id=profile["id"],
        evse_id=evse_id,
        purpose=profile["purpose"],
        stack_level=profile["stack_level"],
        transaction_id=profile.get("transaction_id", ""),
        profile=profile,
        source=source,
        installed_at=clock.now(),
    )


def clear(charge_point_id: int, criteria: dict[str, Any]) -> int:
    """Delete the profiles that match all criteria: profile_id, evse_id, purpose, stack_level.

    External limits are not cleared by the operator (2.0.1 K10.FR.04, FR.09).
    """
    fields = {name: value for name, value in criteria.items() if value is not None}
    of_operator = ChargingProfile.objects.exclude(purpose=Purpose.EXTERNAL)
    cleared, _ = of_operator.filter(charge_point_id=charge_point_id, **fields).delete()
    return cleared


def transaction_ended(
    charge_point_id: int, evse_id: int | None, transaction_id: str, *, unnamed: bool = True
) -> None:
    """1.6 3.13.1: delete the profile of a transaction when it ends.

    `unnamed`: and a profile that names no transaction, as that of a remote start does not.
    """
    if _OF_TRANSACTION.exists(charge_point_id, evse_id or 0):
        names = {transaction_id, ""} if unnamed else {transaction_id}
        ended = _of_transaction(charge_point_id, evse_id or 0).filter(transaction_id__in=names)
        ended.delete()


def in_force(charge_point_id: int, evse_id: int, at: datetime) -> QuerySet[ChargingProfile]:
    """The profiles that may apply to this EVSE: its own and those of the station."""
    return ChargingProfile.objects.filter(
        charge_point_id=charge_point_id,
        evse_id__in=[0, evse_id],
        installed_at__lte=at,
        missing_since=None,
    )
