"""The vehicle that a token stands for, or that a charger tells of: one word for all versions."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from chargepoints.protocol.station import Station

# By the types of tokens: EVCCID is the car's own id, with ISO 15118-2 its MAC address.
_TYPES = {"evccid": "evccid", "macaddress": "evccid", "vin": "vin"}
# Autocharge: OCPP 1.6 has no types of tokens, and later versions may keep the habit.
_PREFIX = "VID:"
# What vendors call it in a message of their own; where it is; and of which transaction.
_NAMES = {
    **dict.fromkeys(("vin", "vehicleidentificationnumber"), "vin"),
    **dict.fromkeys(("evccid", "evmac", "evmacaddress", "macaddress", "vehicleid"), "evccid"),
}
_PLACES = ("evseid", "connectorid", "connector", "evse")
_TRANSACTIONS = ("transactionid",)
# ISO 3779: without I, O and Q. ISO 15118-2: six octets; ISO 15118-20: up to 254 characters.
_FORMS = {
    "vin": re.compile(r"[A-HJ-NPR-Z0-9]{17}"),
    "evccid": re.compile(r"[0-9A-F]{2}(?:[:-]?[0-9A-F]{2}){5,126}"),
}
# What is told before its transaction is about the one that begins by then.
SOON = timedelta(minutes=10)


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


class Told(NamedTuple):
    """A vehicle of which a message tells: where it stands, and whose transaction it is."""

    vehicle: Vehicle
    evse_id: int | None = None
    transaction_id: str | None = None


def read(message_id: str | None, data: Any) -> Told | None:
    """A vehicle in a vendor's own message: under a name that says so, and in the form of its id.

    `data` is an object, or one as JSON text; or the id itself, where `message_id` is its name.
    """
    if isinstance(data, str):
        if vehicle := _vehicle(message_id or "", data):
            return Told(vehicle)
        try:
            data = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
    if not isinstance(data, dict):
        return None
    said = {_folded(name): value for name, value in data.items()}
    found = (_vehicle(name, value) for name, value in said.items())
    vehicle = next((each for each in found if each is not None), None)
    if vehicle is None:
        return None
    places = (said[name] for name in _PLACES if name in said)
    transactions = (said[name] for name in _TRANSACTIONS if name in said)
    return Told(vehicle, _number(next(places, None)), _text(next(transactions, None)))


def remember(station: Station, told: Told, at: datetime) -> None:
    """Remember a vehicle on an EVSE until its transaction starts."""
    station.vehicles[told.evse_id] = (tuple(told.vehicle), at)


def waiting(station: Station, evse_id: int | None, at: datetime) -> Vehicle | None:
    """The vehicle on this EVSE, if the charger reported one lately.

    If the charge point has only one EVSE, `evse_id` may be None.
    """
    here = station.vehicles.get(evse_id)
    if here is None and len({evse for evse, _ in station.connectors}) <= 1:
        here = next(iter(station.vehicles.values()), None)
    if here is None or at - here[1] > SOON:
        return None
    return Vehicle(*here[0])


def forget(station: Station, vehicle: Vehicle) -> None:
    """Forget a vehicle whose transaction has begun."""
    kept = {place: each for place, each in station.vehicles.items() if each[0] != tuple(vehicle)}
    station.vehicles = kept


def _vehicle(name: str, value: Any) -> Vehicle | None:
    kind = _NAMES.get(_folded(name))
    if kind is None or not isinstance(value, str):
        return None
    text = value.strip().upper()
    return Vehicle(text, kind) if _FORMS[kind].fullmatch(text) else None


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()


def _number(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdecimal() and len(text) < 6 and int(text) > 0 else None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
