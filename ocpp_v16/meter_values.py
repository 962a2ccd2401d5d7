"""MeterValues (1.6, 4.7)."""

from typing import Any

from chargepoints.clock import Moment
from chargepoints.protocol import sample_forms
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.numbers_in_text import read_number
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.metering import recording
from chargepoints.services.metering.readings import ENERGY, Kind
from chargepoints.services.metering.recording import Element
from chargepoints.services.transactions import lookup
from ocpp_v16 import numbers

# Fields of a meter value that may be missing or invalid: the rest is stored.
SAMPLES = frozenset(
    {"timestamp", "sampledValue"}
    | {"value", "context", "format", "measurand", "phase", "location", "unit"}
)
# A larger value, in any unit, cannot be a measurement.
LARGEST = 1e15


def meter_values(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    connector = numbers.connector(inbound)
    told = elements(inbound, payload.get("meterValue") or [])
    transaction, transaction_id = lookup.identify(
        inbound, payload.get("transactionId"), told, evse_id=connector
    )
    recording.record(
        inbound,
        told,
        evse_id=connector,
        transaction=transaction,
        transaction_id=transaction_id,
    )
    if transaction is not None:
        lookup.save(inbound, transaction)
    return {}


def elements(
    inbound: Inbound, meter_value: list[Payload], event: Moment | None = None
) -> list[Element]:
    """Convert the `meterValue` list to neutral elements.

    `event` is the time of the event that contains them, for elements without a time of their own.
    """
    return [_element(inbound, element, event) for element in meter_value]


def _element(inbound: Inbound, element: Payload, event: Moment | None) -> Element:
    sampled = [each for each in element.get("sampledValue", ()) if "value" in each]
    kinds, values = list(map(_kind, sampled)), list(map(_number, sampled))
    if None in values:
        _read_units_in_values(inbound, sampled, kinds, values)
    moment = inbound.time_of_part(element.get("timestamp"), event)
    return Element(moment, sampled, tuple(kinds), values)


def _kind(sampled: Payload) -> Kind:
    # 7.41: fields that are left out have defaults.
    get = sampled.get
    return (
        get("measurand") or ENERGY,
        get("unit") or _unit_of_201(sampled),
        get("context") or "Sample.Periodic",
        get("phase") or "",
        get("location") or "Outlet",
    )


def _unit_of_201(sampled: Payload) -> str:
    """Read `unitOfMeasure` of 2.0.1, which some chargers send; with a multiplier it is unknown."""
    measured = sampled.get("unitOfMeasure")
    if not isinstance(measured, dict):
        return measured if isinstance(measured, str) else ""
    multiplier = measured.get("multiplier")
    return f"{measured.get('unit', '')}{f' x10^{multiplier}' if multiplier else ''}"


def _number(sampled: Payload) -> float | None:
    if sampled.get("format") == "SignedData":
        return None
    number = read_number(sampled["value"])
    return number if number is not None and abs(number) < LARGEST else None


def _read_units_in_values(
    inbound: Inbound, sampled: list[Payload], kinds: list[Kind], values: list[float | None]
) -> None:
    """Some charge points send the unit in the value: 7000 Wh."""
    for at, each in enumerate(sampled):
        if values[at] is not None or each.get("format") == "SignedData":
            continue
        measurand, unit, *others = kinds[at]
        found = sample_forms.unit_in_value(each["value"], unit)
        if found is None or abs(found[0]) >= LARGEST:
            continue
        context, phase, location = others
        values[at], kinds[at] = found[0], (measurand, found[1], context, phase, location)
        inbound.deviate(sample_forms.UNIT_IN_VALUE)


BLOCK = Block(
    handlers={
        "MeterValues": Handler(
            meter_values,
            dispensable=SAMPLES | {"connectorId", "transactionId", "meterValue"},
            about_transactions=frozenset({"connectorId", "meterValue"}),
        ),
    },
)
