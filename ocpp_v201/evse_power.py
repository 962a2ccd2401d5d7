"""The most power of each EVSE: the `maxLimit` of its variable `Power`, in every base report."""

import math
from collections.abc import Iterable
from typing import Any

from chargepoints.database.prepared import PreparedQuery
from chargepoints.models import Variable
from chargepoints.services.device_model.variables import Reported

# Appendix: a variable of the EVSE. Some stations report it for the connector.
COMPONENTS = ("EVSE", "Connector")
POWER = "Power"
UNITS = {"W": 1.0, "kW": 1000.0}
# Less is impossible for an EVSE: then the value is in kW whatever its unit, or meaningless.
LEAST_W = 1000.0

_REPORTED: PreparedQuery[tuple[int, dict[str, Any] | None]] = PreparedQuery(
    lambda charge_point_id, component: Variable.objects.filter(
        charge_point_id=charge_point_id, component=component, name=POWER, instance=""
    ).values_list("evse_id", "characteristics")
)


def most_power(charge_point_id: int) -> dict[int, float]:
    """The largest power in W, by EVSE id."""
    found: dict[int, float] = {}
    for component in COMPONENTS:
        reported: dict[int, float] = {}
        for evse_id, characteristics in _REPORTED.all(charge_point_id, component):
            if evse_id and (most := _most(characteristics)) is not None:
                reported[evse_id] = max(most, reported.get(evse_id, 0.0))
        found = reported | found
    return found


def is_reported(reports: Iterable[Reported]) -> bool:
    return any(each.name == POWER and each.component in COMPONENTS for each in reports)


def _most(characteristics: dict[str, Any] | None) -> float | None:
    said = characteristics or {}
    limit, times = said.get("maxLimit"), UNITS.get(str(said.get("unit") or "W"))
    if not isinstance(limit, int | float) or times is None or not math.isfinite(limit):
        return None
    return limit * times if limit * times >= LEAST_W else None
