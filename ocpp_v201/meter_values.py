"""J Meter values: MeterValues, and the samples in every message that has some."""

from typing import Any

from chargepoints.clock import Moment
from chargepoints.protocol.inbound import Inbound
from chargepoints.protocol.versions import Block, Handler, Payload
from chargepoints.services.metering import recording
from chargepoints.services.metering.readings import ENERGY, Kind
from chargepoints.services.metering.recording import Element
from chargepoints.services.transactions import lookup
from ocpp_v201 import numbers

# Fields of a meter value that may be missing or invalid: the rest is stored.
SAMPLES = frozenset(
    {"timestamp", "sampledValue", "value"}
    | {"signedMeterData", "signingMethod", "encodingMethod", "publicKey"}
)
# Larger values, in any unit, are no measurement.
LARGEST = 1e15


def meter_values(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    evse_id = numbers.place(inbound, payload.get("evseId"))
    told = elements(inbound, payload.get("meterValue") or [])
    transaction, transaction_id = lookup.identify(inbound, None, told, evse_id=evse_id)
    recording.record(
        inbound,
        told,
        evse_id=evse_id,
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
    sampled, kinds, values = [], [], []
    for each in element.get("sampledValue", ()):
        if "value" in each:
            sampled.append(each)
            kinds.append(_kind(each))
            values.append(_number(each))
    moment = inbound.time_of_part(element.get("timestamp"), event)
    return Element(moment, sampled, tuple(kinds), values)


def _kind(sampled: Payload) -> Kind:
    # SampledValueType: fields that are left out have defaults.
    get = sampled.get
    return (
        get("measurand") or ENERGY,
        (get("unitOfMeasure") or {}).get("unit") or _unit_of_16(sampled),
        get("context") or "Sample.Periodic",
        get("phase") or "",
        get("location") or "Outlet",
    )


def _unit_of_16(sampled: Payload) -> str:
    """Read `unit` of 1.6, which some stations send; without it, kWh would be read as Wh."""
    unit = sampled.get("unit")
    return unit if isinstance(unit, str) else ""


def _number(sampled: Payload) -> float | None:
    multiplier = (sampled.get("unitOfMeasure") or {}).get("multiplier") or 0
    if not -30 < multiplier < 30:
        return None
    value: float = sampled["value"] * 10.0**multiplier if multiplier else sampled["value"]
    return value if abs(value) < LARGEST else None


BLOCK = Block(
    handlers={
        "MeterValues": Handler(
            meter_values,
            dispensable=SAMPLES | {"evseId", "meterValue"},
            about_transactions=frozenset({"evseId", "meterValue"}),
        )
    },
)
