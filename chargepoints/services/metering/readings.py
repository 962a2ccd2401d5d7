"""The common measurands of one moment as typed columns, in Wh, W, A, V and percent.

A charger sends samples of the same kinds again and again: what is to be read from where is
worked out once for each list of kinds.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

ENERGY = "Energy.Active.Import.Register"
BEGIN = "Transaction.Begin"

# What a sample measures: measurand, unit, context, phase ("" is the whole), location.
Kind = tuple[str, str, str, str, str]
Values = Sequence[float | None]

# To Wh, W, A, V and percent.
_SCALE = {"kWh": 1000.0, "kW": 1000.0, "mA": 0.001, "mV": 0.001, "kV": 1000.0}

# Each column's measurand, and how the phases make the whole where that is not given.
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


# Where a value stands in the list, and what to multiply it by.
_Source = tuple[int, float]


class Shape:
    """Samples of these kinds, in this order."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.digest = digest(kinds)
        self._columns: list[tuple[int, list[_Source], list[_Source], Callable[..., float]]] = []
        for place, (measurand, over) in enumerate(_COLUMNS):
            whole, phases = _sources(kinds, measurand)
            if whole or phases:
                self._columns.append((place, whole, phases, over))

    def read(self, values: Values) -> Reading:
        """The whole where it is given, else over the phases; `None` is no number."""
        row: list[Any] = [None] * len(_COLUMNS)
        for place, whole, phases, over in self._columns:
            for at, scale in whole:
                if (value := values[at]) is not None:
                    row[place] = value * scale
                    break
            else:
                found = [value * scale for at, scale in phases if (value := values[at]) is not None]
                row[place] = float(over(found)) if found else None
        return Reading(*row)


def digest(told: object) -> int:
    """64 bits with a sign, the same in every process."""
    hashed = hashlib.blake2b(repr(told).encode(), digest_size=8).digest()
    return int.from_bytes(hashed, "big", signed=True)


@lru_cache(maxsize=1024)
def shape_of(kinds: tuple[Kind, ...]) -> Shape:
    return Shape(kinds)


def _sources(kinds: tuple[Kind, ...], wanted: str) -> tuple[list[_Source], list[_Source]]:
    found = [
        (at, kind)
        for at, kind in enumerate(kinds)
        if kind[0] == wanted and kind[4] in ("", "Outlet", "EV")
    ]
    # A transaction's last element may repeat how the meter stood at its begin.
    later = [(at, kind) for at, kind in found if kind[2] != BEGIN]
    whole: list[_Source] = []
    phases: list[_Source] = []
    for at, (_, unit, _, phase, _) in later or found:
        (phases if phase else whole).append((at, _SCALE.get(unit, 1.0)))
    return whole, phases
