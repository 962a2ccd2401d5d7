"""External limits of a charge point, stored as profiles that limit all others."""

from typing import Any

from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import ChargingProfile
from chargepoints.protocol.inbound import Inbound
from chargepoints.services.commands.station_numbers import next_number
from chargepoints.services.smart_charging import installed_profiles

Purpose = installed_profiles.Purpose
# One limit for each source; its stack level is the index of the source.
SOURCES = ("ems", "other", "so", "cso")

_OF_SOURCE: PreparedQuery[ChargingProfile] = PreparedQuery(
    lambda charge_point_id, source: ChargingProfile.objects.filter(
        charge_point_id=charge_point_id, purpose=Purpose.EXTERNAL, source=source
    )
)


def set_limit(
    inbound: Inbound,
    evse_id: int,
    source: str,
    schedule: dict[str, Any] | None,
    *,
    grid_critical: bool | None,
) -> None:
    """`schedule`: unit, periods, optional start and duration_s; None: the limit is unknown."""
    station_id = inbound.station.id
    if schedule is not None:
        profile = {
            "id": next_number(station_id),
            "purpose": str(Purpose.EXTERNAL),
            "stack_level": SOURCES.index(source),
            "kind": "absolute" if "start" in schedule else "relative",
            **schedule,
        }
        installed_profiles.install(station_id, evse_id, profile, source)
    limit = {"evse_id": evse_id, "source": source, "schedule": schedule, "cleared": False}
    _emit(inbound, limit | {"grid_critical": grid_critical})


def clear(inbound: Inbound, evse_id: int | None, source: str) -> None:
    """Delete limits; without an EVSE, those of the charge point and of all its EVSEs."""
    found = _OF_SOURCE.all(inbound.station.id, str(source))
    gone = [row.pk for row in found if evse_id in (None, row.evse_id)]
    if gone:
        ChargingProfile.objects.filter(pk__in=gone).delete()
    _emit(inbound, {"evse_id": evse_id, "source": source, "schedule": None, "cleared": True})


def _emit(inbound: Inbound, limit: dict[str, Any]) -> None:
    inbound.emit("charge_point.configuration_changed", {"external_limit": limit})
