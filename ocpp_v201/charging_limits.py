"""K11 to K17: external limits, and the charging needs of cars (ISO 15118)."""

from typing import Any

from chargepoints.clock import coming_time
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.device_model import variables
from chargepoints.services.smart_charging import car_schedules, external_limits
from chargepoints.services.smart_charging.car_schedules import Needs
from ocpp_v201 import numbers
from ocpp_v201.schedules import NEUTRAL_SOURCE, neutral_schedule


def charging_limit(inbound: Inbound, decision: Any) -> Payload:
    """K12, K13: an external limit was set; it bounds the composite schedule."""
    payload = inbound.payload
    limit = payload["chargingLimit"]
    source = NEUTRAL_SOURCE.get(str(limit.get("chargingLimitSource")), "other")
    schedules = payload.get("chargingSchedule") or []
    external_limits.set_limit(
        inbound,
        numbers.place(inbound, payload.get("evseId")) or 0,
        source,
        neutral_schedule(schedules[0]) if schedules else None,
        grid_critical=limit.get("isGridCritical"),
    )
    return {}


def cleared_limit(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    source = NEUTRAL_SOURCE.get(str(payload.get("chargingLimitSource")), "other")
    external_limits.clear(inbound, numbers.place(inbound, payload.get("evseId")), source)
    return {}


def charging_needs(inbound: Inbound, decision: Any) -> Payload:
    """K15: the gateway answers the car's needs with a profile for its transaction."""
    needs = inbound.payload["chargingNeeds"]
    # K15.FR.04: reject the needs if there is no transaction.
    return {"status": "Accepted" if plan(inbound, **most(needs)) else "Rejected"}


def plan(inbound: Inbound, **most: Any) -> bool:
    """Send the car's transaction a profile. `most`: `unit`, `most` and `energy_wh` of `Needs`.

    False if there is no transaction, or if no profile follows from the needs.
    """
    payload = inbound.payload
    return car_schedules.plan(
        inbound,
        Needs(
            evse_id=payload["evseId"],
            most_periods=_most_periods(inbound, payload),
            departs_at=coming_time(payload["chargingNeeds"].get("departureTime")),
            **most,
        ),
    )


def _most_periods(inbound: Inbound, payload: Payload) -> int | None:
    """K15.FR.07, K17.FR.07: the smaller limit of the car and the station."""
    kept = variables.limit(
        inbound.station.id, "SmartChargingCtrlr", "PeriodsPerSchedule", instance=""
    )
    most = [each for each in (payload.get("maxScheduleTuples"), kept) if each is not None]
    return max(min(most), 1) if most else None


def most(needs: Payload) -> dict[str, Any]:
    """The most that the car can take: amperes of AC, watts of DC."""
    if ac := needs.get("acChargingParameters"):
        return {"unit": "A", "most": float(ac["evMaxCurrent"]), "energy_wh": ac["energyAmount"]}
    dc = needs.get("dcChargingParameters") or {}
    most = dc.get("evMaxPower") or dc.get("evMaxCurrent", 0) * dc.get("evMaxVoltage", 0)
    return {"unit": "W", "most": float(most) or None, "energy_wh": dc.get("energyAmount")}


def charging_schedule(inbound: Inbound, decision: Any) -> Payload:
    """K15 to K17 (K16.FR.06 to FR.08): reject a schedule beyond the limits and plan again."""
    payload = inbound.payload
    schedule = neutral_schedule(payload["chargingSchedule"])
    fits = car_schedules.check(
        inbound,
        payload["evseId"],
        payload["timeBase"],
        schedule,
        most_periods=_most_periods(inbound, payload),
    )
    return {"status": "Accepted" if fits else "Rejected"}


BLOCK = Block(
    handlers={
        "ClearedChargingLimit": Handler(
            cleared_limit, dispensable=frozenset({"chargingLimitSource"})
        ),
        "NotifyChargingLimit": Handler(
            charging_limit, dispensable=frozenset({"chargingLimitSource"})
        ),
        "NotifyEVChargingNeeds": Handler(charging_needs),
        "NotifyEVChargingSchedule": Handler(charging_schedule),
    },
)
