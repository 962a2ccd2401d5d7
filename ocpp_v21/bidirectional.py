"""Q: energy to the car and back: what core allows, and signals of the grid."""

from datetime import datetime

from chargepoints import clock
from chargepoints.clock import ocpp_time
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Transaction
from chargepoints.protocol.versions import Block, CommandTranslation, Payload
from chargepoints.services.transactions import shared_ids

ALLOW = "allow_energy_transfer"


def allow(unit: UnitOfWork, command: Command) -> Payload:
    """Q02.FR.05: change what is allowed in an ongoing transaction."""
    args = command.args
    return {
        "transactionId": shared_ids.sent(args["transaction_id"]),
        "allowedEnergyTransfer": args["energy_transfer"],
    }


def afrr_signal(unit: UnitOfWork, command: Command) -> Payload:
    """Q07: automatic frequency restoration; the default time is now."""
    args = command.args
    at = datetime.fromisoformat(args["at"]) if "at" in args else clock.now()
    return {"timestamp": ocpp_time(at), "signal": args["signal"]}


def allowed_transfers(row: Transaction) -> list[str]:
    """What core allowed last, by a command or with the token. Empty: core set no limit."""
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
