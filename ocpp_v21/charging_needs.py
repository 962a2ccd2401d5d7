"""K17 to K20, Q01: what a car needs and plans, also with ISO 15118-20."""

from dataclasses import replace
from typing import Any

from chargepoints.models import Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Payload
from chargepoints.services.transactions import lifecycle, lookup
from ocpp_v21 import bidirectional
from ocpp_v201 import charging_limits

DYNAMIC = "DynamicControl"
_PHASES = ("", "_L2", "_L3")


def charging_needs(inbound: Inbound, decision: Any) -> Payload:
    """Store for core what the car needs and could feed back, and plan a profile."""
    needs = inbound.payload["chargingNeeds"]
    row = lookup.open_here(inbound, inbound.payload["evseId"])
    if row is not None:
        lifecycle.add_details(inbound, row.transaction_id, {"ev_needs": needs})
        allowed = bidirectional.allowed_transfers(row)
        if allowed and needs["requestedEnergyTransfer"] not in allowed:
            # Q01.FR.04, K18.FR.22, K19.FR.15
            return {"status": "Rejected"}
    if charging_limits.plan(inbound, **_most(needs)):
        return {"status": "Accepted"}
    # K18.FR.04, K19.FR.04 of ISO 15118-20; K17.FR.04 of 15118-2.
    return {"status": "NoChargingProfile" if _is_15118_20(needs) else "Rejected"}


def _is_15118_20(needs: Payload) -> bool:
    """K18.FR.06: ISO 15118-20 has its own parameters."""
    return "controlMode" in needs or "v2xChargingParameters" in needs


def _most(needs: Payload) -> dict[str, Any]:
    """The most power of the car in W; the sum if it reports each phase."""
    v2x = needs.get("v2xChargingParameters")
    if v2x is None:
        return charging_limits.most(needs)
    power = sum(v2x.get(f"maxChargePower{phase}", 0) for phase in _PHASES)
    power = power or v2x.get("maxChargeCurrent", 0) * v2x.get("maxVoltage", 0)
    energy = v2x.get("evTargetEnergyRequest")
    return {"unit": "W", "most": float(power) or None, "energy_wh": energy}


def charging_schedule(inbound: Inbound, decision: Any) -> Payload:
    """K17.FR.12, K19.FR.10: in dynamic control mode the station reports the schedule that the
    gateway sent, and controls the car; so accept it.
    """
    row = lookup.open_here(inbound, inbound.payload["evseId"])
    if row is not None and _control_mode(row) == DYNAMIC:
        return {"status": "Accepted"}
    return charging_limits.charging_schedule(inbound, decision)


def _control_mode(row: Transaction) -> str | None:
    mode: str | None = (row.details or {}).get("ev_needs", {}).get("controlMode")
    return mode


_INHERITED = charging_limits.BLOCK.handlers
OVERRIDES = Block(
    handlers={
        "NotifyEVChargingNeeds": replace(
            _INHERITED["NotifyEVChargingNeeds"], handle=charging_needs
        ),
        "NotifyEVChargingSchedule": replace(
            _INHERITED["NotifyEVChargingSchedule"], handle=charging_schedule
        ),
    }
)
