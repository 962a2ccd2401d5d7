"""Compares the charging profiles that a charge point reports with the known ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from chargepoints.database import row_changes
from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import ChargingProfile

Profile = dict[str, Any]

_BY_ID: PreparedQuery[ChargingProfile] = PreparedQuery(
    lambda charge_point_id, source, profile_id: ChargingProfile.objects.filter(
        charge_point_id=charge_point_id, source=source, profile_id=profile_id
    )
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """The criteria of a request for profiles; None or empty: no criterion."""

    evse_id: int | None = None
    profile_ids: tuple[int, ...] = ()
    purpose: str | None = None
    stack_level: int | None = None
    sources: tuple[str, ...] = ()

    def query(self) -> Q:
        asked = {
            "evse_id": self.evse_id,
            "profile_id__in": self.profile_ids or None,
            "purpose": self.purpose,
            "stack_level": self.stack_level,
            "source__in": self.sources or None,
        }
        return Q(**{name: value for name, value in asked.items() if value is not None})


def reported(
    charge_point_id: int, evse_id: int, source: str, profiles: list[Profile], at: datetime
) -> None:
    """Store reported profiles; unknown ones appear with their source."""
    for profile in profiles:
        profile_id = profile["id"]
        known = _BY_ID.first(charge_point_id, str(source), profile_id)
        row = row_changes.new(
            ChargingProfile,
            charge_point_id=charge_point_id,
            source=str(source),
            profile_id=profile_id,
            installed_at=at,
        )
        row_changes.save_values(
            row_changes.editable(known) if known else row,
            {
                "evse_id": evse_id,
                "purpose": str(profile["purpose"]),
                "stack_level": profile["stack_level"],
                "transaction_id": profile.get("transaction_id", ""),
                "profile": profile,
                "reported_at": at,
                "missing_since": None,
            },
        )


def complete(charge_point_id: int, criteria: Criteria, since: datetime, at: datetime) -> None:
    """Mark the profiles as missing that a complete report, requested at `since`, lacks.

    An external limit from NotifyChargingLimit has no id: the reported profiles of its source
    replace it.
    """
    known = ChargingProfile.objects.filter(criteria.query(), charge_point_id=charge_point_id)
    left_out = known.filter(
        Q(reported_at=None) | Q(reported_at__lt=since), installed_at__lt=since, missing_since=None
    )
    left_out.filter(purpose=ChargingProfile.Purpose.EXTERNAL, reported_at=None).delete()
    left_out.update(missing_since=at)
