"""The common measurands of one moment as typed columns, in Wh, W, A, V and percent.

The kinds of a charger's samples rarely change, so where to read each column from is worked out once
for each list of kinds.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from chargepoints.services.metering.units import scale

ENERGY = "Energy.Active.Import.Register"
BEGIN = "Transaction.Begin"

# What a sample measures: measurand, unit, context, phase ("" means the sum), location.
Kind = tuple[str, str, str, str, str]
Values = Sequence[float | None]

# Names such as Current.Import.L1, which configuration keys use (1.6, 7.31).
_OF_A_PHASE = re.compile(r"\.(L[123](?:-(?:L[123]|N))?|N)$", re.IGNORECASE)

# Locations by preference: the outlet (the default), else the nearest to it.
_PLACES = ("outlet", "", "ev", "cable", "inlet", "body")
UNKNOWN_UNIT = "unknown_unit"
# PhaseEnumType.
_LINES = {"L1", "L2", "L3"}
_AGAINST_NEUTRAL = {"L1-N", "L2-N", "L3-N"}

# The measurand of each column, and how to combine phases if there is no total.
_COLUMNS: list[tuple[str, Callable[[list[float]], float]]] = [
    (ENERGY, sum),
    ("Power.Active.Import", sum),
    ("Current.Import", max),
    ("Voltage", max),
    ("SoC", max),
]


class Reading(NamedTuple):
    energy_wh: float | None
    power_w: float | None
    current_a: float | None
    voltage_v: float | None
    soc_percent: float | None


# Index of a value in the list, and the factor to multiply it with.
_Source = tuple[int, float]


class Shape:
    """How to read samples of these kinds, in this order."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.digest = digest(kinds)
        # Deviations of these kinds, whatever their values.
        self.deviations: list[str] = []
        self._columns: list[tuple[int, list[_Source], list[_Source], Callable[..., float]]] = []
        kinds = tuple(map(_with_phase, kinds))
        for place, (measurand, over) in enumerate(_COLUMNS):
            whole, phases = self._sources(kinds, measurand)
            if whole or phases:
                self._columns.append((place, whole, phases, over))

    def read(self, values: Values) -> Reading:
        """The totals if they are given, else combined over the phases; `None` is not a number."""
        row: list[Any] = [None] * len(_COLUMNS)
        for place, whole, phases, over in self._columns:
            for at, factor in whole:
                if (value := values[at]) is not None:
                    row[place] = value * factor
                    break
            else:
                found = [
                    value * factor for at, factor in phases if (value := values[at]) is not None
                ]
                row[place] = float(over(found)) if found else None
        return Reading(*row)

    def _sources(self, kinds: tuple[Kind, ...], wanted: str) -> tuple[list[_Source], list[_Source]]:
        measured = [
            (at, kind) for at, kind in enumerate(kinds) if kind[0].lower() == wanted.lower()
        ]
        found = []
        for at, kind in measured:
            if scale(kind[1], wanted) is None:
                # Never assume the base unit.
                self.deviations = [UNKNOWN_UNIT]
            else:
                found.append((at, kind))
        # The last element of a transaction may repeat the reading of its begin.
        later = [(at, kind) for at, kind in found if kind[2] != BEGIN]
        whole: list[_Source] = []
        phases: list[_Source] = []
        nearest = _nearest(later or found)
        for at, (_, unit, _, phase, _) in _of_each_line(nearest):
            (phases if phase else whole).append((at, scale(unit, wanted) or 1.0))
        return whole, phases


def _with_phase(kind: Kind) -> Kind:
    """Move the phase to its place: some chargers append it to the measurand."""
    measurand, unit, context, phase, location = kind
    found = None if phase else _OF_A_PHASE.search(measurand)
    if found is None:
        return kind
    return measurand[: found.start()], unit, context, found[1], location


def digest(value: object) -> int:
    """A signed 64 bit hash, the same in every process."""
    hashed = hashlib.blake2b(repr(value).encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "big", signed=True)


@lru_cache(maxsize=1024)
def shape_of(kinds: tuple[Kind, ...]) -> Shape:
    return Shape(kinds)


def _of_each_line(found: list[tuple[int, Kind]]) -> list[tuple[int, Kind]]:
    """Remove duplicates such as L1-N next to L1; if there are lines, also the neutral conductor and
    the voltages between lines.
    """
    phases_reported = {kind[3].upper() for _, kind in found}
    twice = {f"{line}-N" for line in _LINES & phases_reported}
    if phases_reported & _LINES or phases_reported & _AGAINST_NEUTRAL:
        twice |= phases_reported - _LINES - _AGAINST_NEUTRAL - {""}
    return [each for each in found if each[1][3].upper() not in twice]


def _nearest(found: list[tuple[int, Kind]]) -> list[tuple[int, Kind]]:
    """The samples of one location: the outlet, else the nearest."""
    places = {kind[4].lower() for _, kind in found}
    if not places - {"outlet", "", "ev"}:
        return found
    known = [place for place in _PLACES if place in places]
    chosen = (known or sorted(places))[0]
    return [(at, kind) for at, kind in found if kind[4].lower() == chosen]
