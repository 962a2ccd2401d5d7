"""The vehicle that a token identifies or a charger reports, in the same form for all versions."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson

from chargepoints.protocol.station import Station

# Token type -> vehicle id type. EVCCID is the car's id; with ISO 15118-2 it is its MAC address.
_TYPES = {"evccid": "evccid", "macaddress": "evccid", "vin": "vin"}
# Autocharge: the prefix is common in OCPP 1.6, which has no token types; accept it in all versions.
_PREFIX = "VID:"
# Field names in vendors' messages, for the vehicle id, the EVSE and the transaction id.
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
# A vehicle that was reported before its transaction belongs to one that starts within this time.
SOON = timedelta(minutes=10)


class Vehicle(NamedTuple):
    """`type` is evccid or vin."""

    id: str
    type: str


def of_token(value: str, type: str, additional: Iterable[tuple[str, str]] = ()) -> Vehicle | None:
    """The vehicle of a token, by its type or prefix, or by `additional` (value, type)."""
    for each, its_type in ((value, type), *additional):
        if (known := _TYPES.get(its_type.lower())) and each:
            return Vehicle(each, known)
    if value[: len(_PREFIX)].upper() == _PREFIX:
        return Vehicle(value[len(_PREFIX) :], "evccid")
    return None


class ReportedVehicle(NamedTuple):
    """A vehicle in a message, with its EVSE and its transaction if the message contains them."""

    vehicle: Vehicle
    evse_id: int | None = None
    transaction_id: str | None = None


def read(message_id: str | None, data: Any) -> ReportedVehicle | None:
    """A vehicle in a vendor's message: its field has a known name, and its id has the right form.

    `data` is an object, or JSON text; or the id itself, if `message_id` is the name.
    """
    if isinstance(data, str):
        if vehicle := _vehicle(message_id or "", data):
            return ReportedVehicle(vehicle)
        try:
            data = orjson.loads(data)
        except orjson.JSONDecodeError:
            return None
    if not isinstance(data, dict):
        return None
    fields = {_folded(name): value for name, value in data.items()}
    found = (_vehicle(name, value) for name, value in fields.items())
    vehicle = next((each for each in found if each is not None), None)
    if vehicle is None:
        return None
    places = (fields[name] for name in _PLACES if name in fields)
    transactions = (fields[name] for name in _TRANSACTIONS if name in fields)
    return ReportedVehicle(vehicle, _number(next(places, None)), _text(next(transactions, None)))


def remember(station: Station, reported: ReportedVehicle, at: datetime) -> None:
    """Remember a vehicle on an EVSE until its transaction starts."""
    station.vehicles[reported.evse_id] = (tuple(reported.vehicle), at)


def waiting(station: Station, evse_id: int | None, at: datetime) -> Vehicle | None:
    """The vehicle on this EVSE, if the charger reported one recently.

    If the charge point has only one EVSE, `evse_id` may be None.
    """
    here = station.vehicles.get(evse_id)
    if here is None and len({evse for evse, _ in station.connectors}) <= 1:
        here = next(iter(station.vehicles.values()), None)
    if here is None or at - here[1] > SOON:
        return None
    return Vehicle(*here[0])


def forget(station: Station, vehicle: Vehicle) -> None:
    """Forget a vehicle whose transaction has started."""
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
