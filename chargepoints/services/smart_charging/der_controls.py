"""The DER controls of a charge point, as it accepted, reported or started them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chargepoints.clock import Moment, api_time
from chargepoints.models import DerControl
from chargepoints.protocol.inbound import Inbound


@dataclass(frozen=True, slots=True)
class Control:
    control_id: str
    type: str
    is_default: bool
    is_superseded: bool
    setting: Any


def store(charge_point_id: int, controls: Iterable[Control], at: datetime) -> None:
    for control in controls:
        DerControl.objects.update_or_create(
            charge_point_id=charge_point_id,
            control_id=control.control_id,
            defaults={
                "type": control.type[:30],
                "is_default": control.is_default,
                "is_superseded": control.is_superseded,
                "setting": control.setting,
                "read_at": at,
            },
        )


def supersede(charge_point_id: int, control_ids: Iterable[str]) -> None:
    known = DerControl.objects.filter(charge_point_id=charge_point_id)
    known.filter(control_id__in=list(control_ids)).update(is_superseded=True)


def forget(charge_point_id: int, criteria: dict[str, Any]) -> None:
    """The controls that match all criteria: is_default, and type or control_id if given."""
    DerControl.objects.filter(charge_point_id=charge_point_id, **criteria).delete()


def started(inbound: Inbound, control_id: str, began: bool, moment: Moment) -> None:
    row = DerControl.objects.filter(
        charge_point_id=inbound.station.id, control_id=control_id
    ).first()
    if row is not None:
        row.started = began
        if began:
            row.is_superseded = False
        row.save(update_fields=["started", "is_superseded"])
    inbound.emit_unless_repeated(
        "der.control_changed",
        {
            "control_id": control_id,
            "type": row.type if row else None,
            "started": began,
            "at": api_time(moment.at),
        },
    )
