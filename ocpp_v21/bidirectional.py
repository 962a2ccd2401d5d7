"""Q: energy to the car and back: what is allowed, what the grid asks for, what the car needs."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Transaction
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, CommandTranslation, Payload
from chargepoints.services.transactions import lifecycle, lookup
from ocpp_v201 import charging_limits

ALLOW = "allow_energy_transfer"


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
    needs = inbound.payload["chargingNeeds"]
    row = lookup.open_here(inbound, inbound.payload["evseId"])
    if row is None:
        return charging_limits.charging_needs(inbound, decision)
    lifecycle.add_details(inbound, row.transaction_id, {"ev_needs": needs})
    allowed = _allowed(row)
    if allowed and needs["requestedEnergyTransfer"] not in allowed:
        # Q01.FR.04
        return {"status": "Rejected"}
    return charging_limits.charging_needs(inbound, decision)


def _allowed(row: Transaction) -> list[str]:
    """What core allowed last: by a command since, or with the token. Empty: whatever it asks."""
    since = Command.objects.filter(
        charge_point_id=row.charge_point_id,
        type=ALLOW,
        state=Command.State.ACCEPTED,
        args__transaction_id=row.transaction_id,
    )
    if (command := since.order_by("-created_at").first()) is not None:
        found: list[str] = command.args["energy_transfer"]
        return found
    return (row.details or {}).get("energy_transfer") or []


BLOCK = Block(
    commands={
        ALLOW: CommandTranslation("NotifyAllowedEnergyTransfer", allow),
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
