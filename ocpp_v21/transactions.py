"""E: what TransactionEvent tells more, and the limits that its answer may set (E16, E17)."""

from dataclasses import replace
from functools import partial
from typing import Any

from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Payload
from chargepoints.services.tokens.authorization import Decision
from ocpp_v201 import transactions
from ocpp_v201.dialect import Dialect

LIMITS = {"energy_wh": "maxEnergy", "time_s": "maxTime", "cost": "maxCost", "soc": "maxSoC"}
# By the name in `details`: where it is told, and in which field.
OF_THE_EVENT = {
    "cost": "costDetails",
    "preconditioning": "preconditioningStatus",
    "ev_asleep": "evseSleep",
}
OF_THE_TRANSACTION = {"operation_mode": "operationMode", "tariff_id": "tariffId"}


def transaction_event(dialect: Dialect, inbound: Inbound, decision: Decision | None) -> Payload:
    message = transactions.event_message(inbound)
    payload, info = inbound.payload, inbound.payload["transactionInfo"]
    details = _named(OF_THE_EVENT, payload) | _named(OF_THE_TRANSACTION, info)
    if decision is not None and decision.energy_transfer:
        details["energy_transfer"] = list(decision.energy_transfer)
    limits = _named(LIMITS, info.get("transactionLimit") or {})
    message = replace(message, start=replace(message.start, details=details, limits=limits))
    return transactions.record(dialect, inbound, message, decision, _limits(decision, limits))


def _named(fields: dict[str, str], said: Payload) -> dict[str, Any]:
    return {name: said[ocpp] for name, ocpp in fields.items() if ocpp in said}


def _limits(decision: Decision | None, of_station: dict[str, Any]) -> Payload:
    """E16.FR.02: the station is told with the answer to the token; FR.08: not where its own limit
    is as low.
    """
    limits = decision.limits if decision is not None and decision.accepted else None
    lower = {
        LIMITS[name]: value
        for name, value in (limits or {}).items()
        if name not in of_station or value < of_station[name]
    }
    return {"transactionLimit": lower} if lower else {}


def overrides(dialect: Dialect) -> Block:
    inherited = transactions.block(dialect).handlers["TransactionEvent"]
    handler = replace(inherited, handle=partial(transaction_event, dialect))
    return Block(handlers={"TransactionEvent": handler})
