"""I Tariff and cost: show the cost that core calculated on the station's display."""

from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import Command, Transaction
from chargepoints.protocol.versions import Block, CommandTranslation, Payload
from chargepoints.services.transactions import shared_ids
from ocpp_v201.numbers import decimal


def update_cost(unit: UnitOfWork, command: Command) -> Payload:
    """I02.FR.01; the last cost is also in the answer to the transaction's end (I03.FR.02)."""
    args = command.args
    total_cost = decimal(args["total_cost"])
    store(command.charge_point_id, args["transaction_id"], total_cost)
    return {"transactionId": shared_ids.sent(args["transaction_id"]), "totalCost": total_cost}


def store(charge_point_id: int, transaction_id: str, total_cost: float) -> None:
    transactions = Transaction.objects.filter(charge_point_id=charge_point_id, superseded=False)
    transactions.filter(transaction_id=transaction_id).update(total_cost=total_cost)


BLOCK = Block(
    commands={"update_cost": CommandTranslation("CostUpdated", update_cost)},
)
