"""The vehicle that a token stands for, or that is told beside one: one word for all versions."""

from collections.abc import Iterable
from typing import NamedTuple

# By the types of tokens: EVCCID is the car's own id, with ISO 15118-2 its MAC address.
_TYPES = {"evccid": "evccid", "macaddress": "evccid", "vin": "vin"}
# Autocharge: OCPP 1.6 has no types of tokens, and later versions may keep the habit.
_PREFIX = "VID:"


class Vehicle(NamedTuple):
    """`type` is evccid or vin."""

    id: str
    type: str


def told(value: str, type: str, beside: Iterable[tuple[str, str]] = ()) -> Vehicle | None:
    """By a token, or by what is told `beside` it: pairs of a value and its type."""
    for each, its_type in ((value, type), *beside):
        if (known := _TYPES.get(its_type.lower())) and each:
            return Vehicle(each, known)
    if value[: len(_PREFIX)].upper() == _PREFIX:
        return Vehicle(value[len(_PREFIX) :], "evccid")
    return None
