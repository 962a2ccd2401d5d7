"""Charge points from a CSV file: preview the result of each line, then import all of them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from chargepoints.models import ChargePoint
from chargepoints.services import csv_tables
from chargepoints.services.csv_tables import Cells
from chargepoints.services.stations import registry

# Columns that a file may change of existing charge points; their keys never change.
CHANGEABLE = ("name", "external_id", "site")
COLUMNS = ("identity", *CHANGEABLE, "security_profile", "pinned_protocol", "password")
SHORTEST_PASSWORD = 16


@dataclass(frozen=True, slots=True)
class Line:
    """`known`: the existing charge point with this identity; `changes`: its new values."""

    charge_point: ChargePoint
    password: str
    known: ChargePoint | None
    changes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Registered:
    charge_point: ChargePoint
    key: str


def read(content: bytes) -> list[Line]:
    """The result of each line, without storing it. Raises CsvRefused."""
    return csv_tables.read(content, COLUMNS, _line, lambda line: line.charge_point.identity.lower())


def load(content: bytes) -> list[Registered]:
    """Register new charge points, each with a key, and update existing ones; all or none.

    Raises CsvRefused.
    """
    lines = read(content)
    with transaction.atomic():
        for line in lines:
            if line.known is not None and line.changes:
                for name, value in line.changes.items():
                    setattr(line.known, name, value)
                registry.changed(line.known, *line.changes)
        return [_registered(line) for line in lines if line.known is None]


def _line(cells: Cells) -> Line:
    """Raises ValidationError."""
    password = cells.pop("password", "")
    if password and len(password) < SHORTEST_PASSWORD:
        raise ValidationError({"password": f"has fewer than {SHORTEST_PASSWORD} characters"})
    fields: dict[str, Any] = dict(cells)
    if not fields.get("security_profile", "1").isdecimal():
        raise ValidationError({"security_profile": "is not a number from 0 to 3"})
    fields["security_profile"] = int(fields.get("security_profile", "1"))
    charge_point = ChargePoint(**fields)
    known = registry.find(charge_point.identity)
    charge_point.full_clean(validate_unique=False, validate_constraints=False)
    changes = {
        name: cells[name]
        for name in CHANGEABLE
        if known is not None and name in cells and getattr(known, name) != cells[name]
    }
    return Line(charge_point, password, known, changes)


def _registered(line: Line) -> Registered:
    row, key = line.charge_point, line.password or registry.new_key()
    names = (*CHANGEABLE, "security_profile", "pinned_protocol")
    fields = {name: getattr(row, name) for name in names}
    return Registered(registry.register(row.identity, key=key, **fields), key)
