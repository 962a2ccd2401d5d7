"""Converts meter values of OCPP 1.5, or in a flat list, to the form of later versions.

later:  {"meterValue": [{"timestamp": ..., "sampledValue": [{"value": ..., "unit": ...}]}]}
1.5:    {"values": [{"timestamp": ..., "values": [{"value": ..., "unit": ...}]}]}
flat:   {"meterValue": [{"timestamp": ..., "value": ..., "unit": ...}]}
"""

from collections.abc import Iterator
from typing import Any

from chargepoints.protocol.numbers_in_text import read_quantity

Payload = dict[str, Any]

UNIT_IN_VALUE = "unit_in_value"
OLD_NAME, SAMPLES, TIME, VALUE = "values", "sampledValue", "timestamp", "value"


def regroup(payload: Any, names: tuple[str, ...]) -> str:
    """Convert them in place; return the name of their list, or empty if nothing had to be done.

    `names`: all field names of the message.
    """
    if SAMPLES not in names or not isinstance(payload, dict):
        return ""
    # A StopTransaction of 1.6 uses another name.
    name = "transactionData" if "transactionData" in names else "meterValue"
    renamed, found = name not in payload, _samples_of(payload, name)
    if found is None:
        return ""
    entries = found if isinstance(found, list) else [found]
    elements = list(_elements(entries))
    if elements == entries and not renamed:
        return ""
    payload[name] = elements
    return name


def _samples_of(payload: Payload, name: str) -> Any:
    if name in payload:
        return payload[name]
    if isinstance(payload.get(OLD_NAME), list | dict):
        return payload.pop(OLD_NAME)
    if SAMPLES not in payload:
        return None
    # All samples have one timestamp, and no list contains them.
    at = {TIME: payload[TIME]} if TIME in payload else {}
    return {**at, SAMPLES: payload.pop(SAMPLES)}


def _elements(found: list[Any]) -> Iterator[Any]:
    flat: Payload | None = None
    for element in found:
        if not isinstance(element, dict) or SAMPLES in element:
            yield element
        elif isinstance(inner := element.get(OLD_NAME, element.get(VALUE)), list | dict):
            yield from _of_inner(element, inner if isinstance(inner, list) else [inner])
        elif VALUE not in element:
            yield element
        else:
            sample = {name: each for name, each in element.items() if name != TIME}
            if flat is not None and flat.get(TIME) == element.get(TIME):
                flat[SAMPLES].append(sample)
                continue
            at = {TIME: element[TIME]} if TIME in element else {}
            flat = {**at, SAMPLES: [sample]}
            yield flat


def _of_inner(element: Payload, inner: list[Any]) -> Iterator[Payload]:
    if any(isinstance(each, dict) and TIME in each for each in inner):
        # OCPP 1.5 groups the samples of a stop in one more level.
        yield from _elements(inner)
        return
    kept = {name: each for name, each in element.items() if name not in (OLD_NAME, VALUE)}
    yield {**kept, SAMPLES: inner}


def unit_in_value(text: str, unit: str) -> tuple[float, str] | None:
    """The number and the unit in a value. None if it contains no unit, or another unit than `unit`,
    the unit field of the sample.
    """
    found = read_quantity(text)
    if found is None or (unit and unit.strip().lower() != found[1].lower()):
        return None
    return found


def take_out_unit(sample: Payload) -> bool:
    """Move the unit from the value to `unitOfMeasure`; returns whether the value contained one."""
    measured = sample.get("unitOfMeasure", sample.get("unit"))
    named = measured.get("unit") if isinstance(measured, dict) else measured
    found = unit_in_value(sample[VALUE], str(named or ""))
    if found is None:
        return False
    more = measured if isinstance(measured, dict) else {}
    sample[VALUE], sample["unitOfMeasure"] = found[0], more | {"unit": found[1]}
    return True
