"""Units in any case, with any prefix, and the place that counts among several."""

import pytest

from chargepoints.services.metering.readings import ENERGY, Kind, shape_of
from chargepoints.services.metering.units import scale

POWER = "Power.Active.Import"


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("", 1),
        ("Wh", 1),
        ("wh", 1),
        ("WH", 1),
        ("kWh", 1e3),
        ("KWH", 1e3),
        ("kwh", 1e3),
        (" KWh ", 1e3),
        ("MWh", 1e6),
        ("MWH", 1e6),
        ("mWh", 1e-3),
        ("GWh", 1e9),
        ("gwh", 1e9),
        ("\u00b5Wh", 1e-6),
        ("daWh", 10),
        ("mwh", None),
        ("W", None),
        ("kvarh", None),
        ("J", None),
        ("xWh", None),
        ("h", None),
    ],
)
def test_a_unit_is_read_in_any_case_where_it_says_one_thing(
    unit: str, factor: float | None
) -> None:
    found = scale(unit, ENERGY)
    assert found is factor is None or found == pytest.approx(factor)


@pytest.mark.parametrize(
    ("unit", "measurand", "factor"),
    [
        ("KW", POWER, 1e3),
        ("Watt", POWER, 1),
        ("mA", "Current.Import", 1e-3),
        ("VA", "Current.Import", None),
        ("KV", "Voltage", 1e3),
        ("%", "SoC", 1),
        ("percent", "SoC", 1),
        ("V", POWER, None),
    ],
)
def test_a_unit_is_of_what_is_measured(unit: str, measurand: str, factor: float | None) -> None:
    assert scale(unit, measurand) == factor


def kinds(*samples: tuple[str, str, str]) -> tuple[Kind, ...]:
    """(measurand, unit, location) of each."""
    return tuple((measurand, unit, "", "", place) for measurand, unit, place in samples)


def test_an_unknown_unit_is_noted_and_gives_no_figure() -> None:
    shape = shape_of(kinds((ENERGY, "mwh", "Outlet"), (POWER, "W", "Outlet")))
    assert shape.deviations == ["unknown_unit"]
    reading = shape.read([5.0, 7.0])
    assert (reading.energy_wh, reading.power_w) == (None, 7.0)


@pytest.mark.parametrize("place", ["Body", "Cable", "Inlet", "body", "Somewhere"])
def test_where_there_is_nothing_else_another_place_counts(place: str) -> None:
    assert shape_of(kinds((ENERGY, "Wh", place))).read([5.0]).energy_wh == 5.0


def test_the_outlet_counts_before_other_places_and_places_are_not_mixed() -> None:
    several = kinds((ENERGY, "Wh", "Inlet"), (ENERGY, "Wh", "Outlet"), (ENERGY, "Wh", "Body"))
    assert shape_of(several).read([1.0, 2.0, 3.0]).energy_wh == 2.0
    phases: tuple[Kind, ...] = (
        (POWER, "W", "", "L1", "Inlet"),
        (POWER, "W", "", "L1", "Cable"),
        (POWER, "W", "", "L2", "Cable"),
    )
    assert shape_of(phases).read([100.0, 1.0, 2.0]).power_w == 3.0


def test_a_measurand_is_known_in_any_case() -> None:
    lower = (("energy.active.import.register", "kwh", "", "", "outlet"),)
    assert shape_of(lower).read([5.0]).energy_wh == 5000.0
