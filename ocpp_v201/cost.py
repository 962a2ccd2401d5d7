"""I Tariff and cost: what core says a transaction costs, on the station's display."""

from chargepoints.models import Command, Transaction
from chargepoints.unit_of_work import UnitOfWork
from chargepoints.versions import CommandTranslation, Payload


def update_cost(unit: UnitOfWork, command: Command) -> Payload:
    """I02.FR.01; the last one is also the answer to the transaction's end (I03.FR.02)."""
    args = command.args
    transactions = Transaction.objects.filter(charge_point_id=command.charge_point_id)
    transactions.filter(transaction_id=args["transaction_id"]).update(total_cost=args["total_cost"])
    return {"transactionId": args["transaction_id"], "totalCost": args["total_cost"]}


COMMANDS = {"update_cost": CommandTranslation("CostUpdated", update_cost)}
