"""E: the fields that 2.1 adds to TransactionEvent, and limits in its answer (E16, E17)."""

from dataclasses import replace
from functools import partial
from typing import Any

from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.station import Station
from chargepoints.protocol.versions import Block, Payload
from chargepoints.services.device_model import variables
from chargepoints.services.tokens.authorization import Decision
from chargepoints.services.transactions import limits as limits_of_transaction
from ocpp_v201 import transactions
from ocpp_v201.dialect import Dialect

LIMITS = {"energy_wh": "maxEnergy", "time_s": "maxTime", "cost": "maxCost", "soc": "maxSoC"}
# Names in `details` -> fields of the event or of its transactionInfo.
OF_THE_EVENT = {
    "cost": "costDetails",
    "preconditioning": "preconditioningStatus",
    "ev_asleep": "evseSleep",
}
OF_THE_TRANSACTION = {"operation_mode": "operationMode", "tariff_id": "tariffId"}
_MORE_OF_THE_EVENT = frozenset(OF_THE_EVENT.values())
_MORE_OF_THE_TRANSACTION = frozenset({*OF_THE_TRANSACTION.values(), "transactionLimit"})


def transaction_event(dialect: Dialect, inbound: Inbound, decision: Decision | None) -> Payload:
    payload, info = inbound.payload, inbound.payload.get("transactionInfo") or {}
    more = not (
        _MORE_OF_THE_EVENT.isdisjoint(payload) and _MORE_OF_THE_TRANSACTION.isdisjoint(info)
    )
    if decision is None and not more:
        # Nearly all events: only fields of 2.0.1.
        return transactions.transaction_event(dialect, inbound, decision)
    message = transactions.event_message(inbound)
    details = _named(OF_THE_EVENT, payload) | _named(OF_THE_TRANSACTION, info)
    if decision is not None and decision.energy_transfer:
        details["energy_transfer"] = list(decision.energy_transfer)
    limits = _named(LIMITS, info["transactionLimit"]) if "transactionLimit" in info else {}
    if details or limits:
        message = replace(message, start=replace(message.start, details=details, limits=limits))
    return transactions.record(
        dialect, inbound, message, decision, _limits(inbound.station, decision, limits)
    )


def _named(fields: dict[str, str], said: Payload) -> dict[str, Any]:
    return {name: said[ocpp] for name, ocpp in fields.items() if ocpp in said}


def enforced_limits(charge_point_id: int) -> frozenset[str]:
    """The limits in `TxCtrlr.SupportedLimits`; all if the station did not report TxCtrlr yet, none
    if it reported TxCtrlr without this variable.
    """
    supported = variables.members(charge_point_id, "TxCtrlr", "SupportedLimits")
    if supported is None and not variables.is_known(charge_point_id, "TxCtrlr"):
        return frozenset(LIMITS)
    # Chapter 2.8.1 calls maxTime maxLength.
    named = {"maxTime" if each == "maxLength" else each for each in supported or ()}
    return frozenset(name for name, ocpp in LIMITS.items() if ocpp in named)


def _limits(station: Station, decision: Decision | None, of_station: dict[str, Any]) -> Payload:
    """E16.FR.02: the answer to an event with a token contains the limits of core, except FR.08:
    those that are not below the station's own; FR.12: those that the station does not support.
    """
    limits = decision.limits if decision is not None and decision.accepted else None
    if not limits:
        return {}
    kept = limits_of_transaction.kept_by_station(station, anew=True)
    lower = {
        LIMITS[name]: value
        for name, value in limits.items()
        if name in kept and (name not in of_station or value < of_station[name])
    }
    return {"transactionLimit": lower} if lower else {}


def overrides(dialect: Dialect) -> Block:
    inherited = transactions.block(dialect).handlers["TransactionEvent"]
    handler = replace(inherited, handle=partial(transaction_event, dialect))
    return Block(handlers={"TransactionEvent": handler})
