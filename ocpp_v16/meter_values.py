"""MeterValues (1.6, 4.7)."""

from typing import Any

from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.numbers_in_text import read_number
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.metering import recording
from chargepoints.services.metering.readings import ENERGY, Kind
from chargepoints.services.metering.recording import Element
from chargepoints.services.transactions import lookup
from ocpp_v16 import numbers

# What may be missing or odd in a list of meter values: the rest of it is kept.
SAMPLES = frozenset(
    {"timestamp", "sampledValue"}
    | {"value", "context", "format", "measurand", "phase", "location", "unit"}
)


def meter_values(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    connector = numbers.connector(inbound)
    transaction, transaction_id = lookup.identify(
        inbound, payload.get("transactionId"), evse_id=connector
    )
    recording.record(
        inbound,
        elements(inbound, payload["meterValue"]),
        evse_id=connector,
        transaction=transaction,
        transaction_id=transaction_id,
    )
    if transaction is not None:
        lookup.save(inbound, transaction)
    return {}


def elements(inbound: Inbound, meter_value: list[Payload]) -> list[Element]:
    """The `meterValue` list in neutral words."""
    return [
        Element(
            inbound.time(element.get("timestamp")),
            sampled := [each for each in element.get("sampledValue", ()) if "value" in each],
            tuple([_kind(each) for each in sampled]),
            [_number(each) for each in sampled],
        )
        for element in meter_value
    ]


def _kind(sampled: Payload) -> Kind:
    # 7.41: what is left out has a default.
    get = sampled.get
    return (
        get("measurand") or ENERGY,
        get("unit") or "",
        get("context") or "Sample.Periodic",
        get("phase") or "",
        get("location") or "Outlet",
    )


def _number(sampled: Payload) -> float | None:
    if sampled.get("format") == "SignedData":
        return None
    number = read_number(sampled["value"])
    return number if number is not None and abs(number) < 1e15 else None


BLOCK = Block(
    handlers={
        "MeterValues": Handler(
            meter_values,
            dispensable=SAMPLES | {"connectorId", "transactionId"},
            about_transactions=frozenset({"connectorId", "meterValue"}),
        ),
    },
)
