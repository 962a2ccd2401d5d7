"""The tariffs that core has set on a charge point."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chargepoints.models import Tariff

Kind = Tariff.Kind


def set_default(charge_point_id: int, evse_id: int, content: dict[str, Any], at: datetime) -> None:
    """I07: an EVSE has one default tariff; 0 means all EVSEs."""
    here = Tariff.objects.filter(charge_point_id=charge_point_id, kind=Kind.DEFAULT)
    (here.filter(evse_id=evse_id) if evse_id else here).delete()
    Tariff.objects.create(
        charge_point_id=charge_point_id,
        evse_id=evse_id,
        tariff_id=content["tariffId"],
        content=content,
        read_at=at,
    )


def listed(
    charge_point_id: int, evse_id: int, found: Iterable[tuple[int, str, str]], at: datetime
) -> None:
    """Replace the tariffs of this EVSE (0: of all) by the reported ones: EVSE, id, kind."""
    known = Tariff.objects.filter(charge_point_id=charge_point_id)
    here = known.filter(evse_id=evse_id) if evse_id else known
    contents = dict(known.exclude(content=None).values_list("tariff_id", "content"))
    here.delete()
    for place, tariff_id, kind in found:
        Tariff.objects.update_or_create(
            charge_point_id=charge_point_id,
            evse_id=place,
            tariff_id=tariff_id,
            defaults={"kind": kind, "content": contents.get(tariff_id), "read_at": at},
        )


def forget(charge_point_id: int, evse_id: int, tariff_ids: Iterable[str]) -> None:
    known = Tariff.objects.filter(charge_point_id=charge_point_id, tariff_id__in=list(tariff_ids))
    (known.filter(evse_id__in=[0, evse_id]) if evse_id else known).delete()
