"""What is read of samples, by their phases."""

import pytest

from chargepoints.services.metering.readings import Reading, shape_of

CURRENT, POWER, VOLTAGE = "Current.Import", "Power.Active.Import", "Voltage"


def read(measurand: str, **by_phase: float) -> Reading:
    """Of one measurand, by its phases: `L1_N` is L1-N, `whole` none."""
    phases = ["" if each == "whole" else each.replace("_", "-") for each in by_phase]
    kinds = tuple((measurand, "", "Sample.Periodic", phase, "Outlet") for phase in phases)
    return shape_of(kinds).read(list(by_phase.values()))


@pytest.mark.parametrize(
    ("told", "watts"),
    [
        ({"L1": 1000, "L2": 900}, 1900),
        ({"L1": 1000, "L1_N": 1000}, 1000),
        ({"L1": 1000, "L2_N": 900}, 1900),
        ({"L1_N": 1000, "N": 5}, 1000),
        ({"N": 700}, 700),
        ({"whole": 3000, "L1": 1000}, 3000),
    ],
)
def test_power_is_that_of_each_line_once(told: dict[str, float], watts: float) -> None:
    assert read(POWER, **told).power_w == watts


def test_the_neutral_conductor_counts_where_no_line_is_told() -> None:
    assert read(CURRENT, L1=10, N=12).current_a == 10
    assert read(CURRENT, N=12).current_a == 12


def test_a_voltage_between_lines_counts_where_no_line_is_told() -> None:
    assert read(VOLTAGE, L1_N=230, L1_L2=400).voltage_v == 230
    assert read(VOLTAGE, L1_L2=400).voltage_v == 400


def test_a_phase_is_read_behind_the_measurand_too() -> None:
    kinds = tuple((f"{POWER}.{line}", "kW", "", "", "") for line in ("L1", "l2"))
    assert shape_of(kinds).read([1.0, 2.0]).power_w == 3000
