"""Q: energy to the car and back: what is allowed, what the grid asks for, what the car needs."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, CommandTranslation, Payload
from chargepoints.services.transactions import lifecycle, lookup
from ocpp_v201 import charging_limits


def allow(unit: UnitOfWork, command: Command) -> Payload:
    """Q02.FR.05: of the transaction that is under way."""
    args = command.args
    return {
        "transactionId": args["transaction_id"],
        "allowedEnergyTransfer": args["energy_transfer"],
    }


def afrr_signal(unit: UnitOfWork, command: Command) -> Payload:
    """Q07: automatic frequency restoration; as of now, if not told."""
    args = command.args
    at = datetime.fromisoformat(args["at"]) if "at" in args else timezone.now()
    return {"timestamp": ocpp_time(at), "signal": args["signal"]}


def charging_needs(inbound: Inbound, decision: Any) -> Payload:
    """What the car needs, and what it would give back, is for core to see."""
    answer = charging_limits.charging_needs(inbound, decision)
    row = lookup.open_here(inbound, inbound.payload["evseId"])
    if row is not None:
        needs = {"ev_needs": inbound.payload["chargingNeeds"]}
        lifecycle.add_details(inbound, row.transaction_id, needs)
    return answer


BLOCK = Block(
    commands={
        "allow_energy_transfer": CommandTranslation("NotifyAllowedEnergyTransfer", allow),
        "afrr_signal": CommandTranslation("AFRRSignal", afrr_signal),
    },
)
OVERRIDES = Block(
    handlers={
        "NotifyEVChargingNeeds": replace(
            charging_limits.BLOCK.handlers["NotifyEVChargingNeeds"], handle=charging_needs
        )
    }
)
