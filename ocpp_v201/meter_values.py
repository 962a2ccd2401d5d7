"""J Meter values: MeterValues, and the samples in every message that has some."""

from typing import Any

from chargepoints.inbound import Inbound
from chargepoints.services import metering, transactions
from chargepoints.services.metering import ENERGY, Element, Sample
from chargepoints.versions import Handler, Payload
from ocpp_v201 import numbers

# What is above it, in whatever unit, was not measured.
LARGEST = 1e15


def meter_values(inbound: Inbound, decision: Any) -> Payload:
    payload = inbound.payload
    evse_id = numbers.place(inbound, payload["evseId"])
    pk, transaction_id = transactions.identify(inbound, None, evse_id=evse_id)
    metering.record(
        inbound,
        elements(inbound, payload["meterValue"]),
        evse_id=evse_id,
        transaction_pk=pk,
        transaction_id=transaction_id,
    )
    return {}


def elements(inbound: Inbound, meter_value: list[Payload]) -> list[Element]:
    """The `meterValue` list in neutral words."""
    return [
        Element(
            inbound.time(element["timestamp"]),
            element["sampledValue"],
            [_sample(sampled) for sampled in element["sampledValue"]],
        )
        for element in meter_value
    ]


def _sample(sampled: Payload) -> Sample:
    # SampledValueType and UnitOfMeasureType: what is left out has a default.
    unit = sampled.get("unitOfMeasure") or {}
    multiplier = unit.get("multiplier") or 0
    value = sampled["value"] * 10.0**multiplier if -30 < multiplier < 30 else None
    return Sample(
        measurand=sampled.get("measurand") or ENERGY,
        value=value if value is not None and abs(value) < LARGEST else None,
        unit=unit.get("unit") or "",
        context=sampled.get("context") or "Sample.Periodic",
        phase=sampled.get("phase") or "",
        location=sampled.get("location") or "Outlet",
    )


HANDLERS = {"MeterValues": Handler(meter_values)}
