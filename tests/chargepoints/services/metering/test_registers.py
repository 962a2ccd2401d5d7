"""Whether an energy register can be believed, reading by reading."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargepoints.clock import Moment
from chargepoints.models import TimeQuality, Transaction
from chargepoints.services.metering import registers

BEGAN = datetime(2026, 1, 1, 8, tzinfo=UTC)


def after(seconds: float) -> Moment:
    return Moment(BEGAN + timedelta(seconds=seconds))


def begun(meter_wh: float | None, **fields: Any) -> Transaction:
    return Transaction(meter_start_wh=meter_wh, started_at=BEGAN, **fields)


def metered(row: Transaction, *readings: tuple[float, float]) -> list[str]:
    """What is odd about each of these (seconds, Wh)."""
    return [registers.take(row, wh, after(seconds)) for seconds, wh in readings]


def test_a_register_that_counts_up_is_believed() -> None:
    row = begun(5000)
    assert metered(row, (60, 5200), (120, 5200), (3600, 16_000)) == ["", "", ""]
    assert registers.stop(row, 16_100, "Local", after(3700)) == []
    assert (row.energy_wh, row.meter_stop_source) == (11_100, "charger")


def test_a_lifetime_register_between_two_of_the_session_is_not_believed() -> None:
    row = begun(0)
    odd = metered(row, (60, 500), (90, 1_234_567), (120, 1000))
    assert odd == ["", "register_jumped", ""]
    assert row.energy_wh == 1000


def test_a_lifetime_register_at_the_end_is_not_believed() -> None:
    row = begun(0)
    metered(row, (60, 500), (120, 1000))
    assert registers.stop(row, 1_234_567, "Local", after(180)) == ["register_jumped"]
    assert (row.energy_wh, row.meter_stop_source) == (1000, "last_sample")


def test_a_start_before_the_meter_was_read_is_left_where_the_readings_go_on() -> None:
    row = begun(0)
    odd = metered(row, (0, 0), (300, 909_948))
    assert odd == ["", "register_jumped"]
    assert row.energy_wh == 0
    assert registers.stop(row, 910_031, "Local", after(890)) == ["register_jumped"]
    assert (row.energy_wh, row.meter_start_wh, row.meter_stop_wh) == (83, 0, 910_031)


def test_a_jump_beyond_32_bits_is_no_energy() -> None:
    row = begun(1_977_000)
    assert metered(row, (540, 4_296_944_685)) == ["register_jumped"]
    assert row.energy_wh is None
    assert registers.stop(row, 1_977_500, "Local", after(600)) == []
    assert row.energy_wh == 500


def test_a_session_register_after_a_start_of_the_lifetime_s_counts_for_itself() -> None:
    row = begun(60_000)
    odd = metered(row, (60, 0), (120, 400), (180, 900))
    assert odd == ["register_fell_back", "register_fell_back", ""]
    assert row.energy_wh == 900
    assert registers.stop(row, 61_000, "Local", after(240)) == []
    assert row.energy_wh == 1000


def test_a_register_that_begins_again_ends_with_its_last_reading_before() -> None:
    row = begun(1000)
    odd = metered(row, (60, 2000), (120, 3000), (180, 0), (240, 100))
    assert odd == ["", "", "register_fell_back", "register_fell_back"]
    assert registers.stop(row, 150, "Reboot", after(300)) == ["register_fell_back"]
    assert (row.energy_wh, row.meter_stop_wh) == (2000, 3000)


def test_an_odd_reading_that_time_allows_is_found_out_by_the_next_ones() -> None:
    row = begun(1000)
    odd = metered(row, (60, 1200), (120, 45_000), (180, 1500), (240, 1800))
    assert odd == ["", "register_jumped", "register_fell_back", "register_fell_back"]
    assert row.energy_wh == 800
    row = begun(1000)
    metered(row, (60, 1200), (120, 45_000))
    registers.stop(row, 1500, "Local", after(180))
    assert row.energy_wh == 500


def test_the_same_odd_reading_told_twice_confirms_nothing() -> None:
    row = begun(0)
    metered(row, (300, 909_948))
    assert registers.stop(row, 909_948, "Local", after(300)) == ["register_jumped"]
    assert row.energy_wh == 909_948, "there is no other reading"


def test_an_end_that_fits_the_start_and_the_power_is_believed() -> None:
    row = begun(5000, power_w=11_000.0)
    metered(row, (28_800, 5479))
    assert registers.stop(row, 100_000, "Local", after(28_850)) == ["register_jumped"]
    assert row.energy_wh == 95_000


def test_a_reported_power_is_believed_above_all_that_is_known() -> None:
    row = begun(0, power_w=6e6)
    assert metered(row, (600, 900_000)) == [""]


def test_a_steep_step_is_believed_and_noted() -> None:
    row = begun(0, power_w=11_000.0)
    assert metered(row, (300, 100_000)) == ["register_jumped"]
    assert row.energy_wh == 100_000


def test_rounding_is_no_fall() -> None:
    row = begun(5049)
    assert metered(row, (60, 5000)) == [""]


def test_without_a_clock_only_the_amount_is_looked_at() -> None:
    row = begun(0, time_quality=TimeQuality.ESTIMATED)
    moment = Moment(BEGAN, TimeQuality.ESTIMATED)
    assert registers.take(row, 80_000, moment) == ""
    assert registers.take(row, 5_000_000, moment) == "register_jumped"


@pytest.mark.parametrize(("told", "reason"), [(-1, "Local"), (-1, "PowerLoss"), (0, "PowerLoss")])
def test_an_end_that_was_not_read_is_the_last_sample(told: float, reason: str) -> None:
    row = begun(5000)
    metered(row, (60, 7000))
    assert registers.stop(row, told, reason, after(120)) == ["meter_stop_unknown"]
    assert (row.energy_wh, row.meter_stop_source) == (2000, "last_sample")
    row = begun(5000)
    registers.stop(row, told, reason, after(120))
    assert (row.energy_wh, row.meter_stop_wh, row.meter_stop_source) == (None, None, "")


def test_an_end_below_the_start_is_kept_and_no_energy_is_made_of_it() -> None:
    row = begun(60_000)
    assert registers.stop(row, 1200, "Local", after(120)) == ["register_fell_back"]
    assert (row.meter_stop_wh, row.energy_wh) == (1200, None)


def test_a_register_that_fell_by_its_rounding_has_given_nothing() -> None:
    row = begun(60_000)
    registers.stop(row, 59_950, "Local", after(120))
    assert (row.meter_stop_wh, row.energy_wh) == (59_950, 0)


@pytest.mark.parametrize("told", [None, -1])
def test_where_the_start_was_not_read_energy_counts_from_the_first_sample(
    told: float | None,
) -> None:
    row = begun(None)
    assert registers.start(row, told) == ([] if told is None else ["meter_start_unknown"])
    assert metered(row, (60, 7000), (120, 8000)) == ["", ""]
    assert registers.stop(row, 9000, "Local", after(180)) == []
    assert (row.meter_start_wh, row.energy_wh) == (None, 2000)


def test_the_only_reading_of_a_transaction_says_nothing_of_its_energy() -> None:
    row = begun(None)
    metered(row, (60, 7000))
    assert row.energy_wh is None
    row = begun(None)
    assert registers.stop(row, 9000, "Local", after(180)) == []
    assert (row.meter_stop_wh, row.energy_wh) == (9000, None)


def test_a_start_that_is_told_late_counts_if_the_samples_can_follow_it() -> None:
    row = begun(None)
    metered(row, (60, 7000), (120, 8000))
    assert registers.start(row, 6500) == []
    assert (row.energy_wh, row.deviations) == (1500, [])
    row = begun(None)
    metered(row, (60, 7000), (120, 8000))
    assert registers.start(row, 909_948) == ["register_fell_back"]
    assert row.energy_wh == 1000


# --- With the most power of the EVSE --------------------------------------------------------------

MOST_W = 22_000.0


def metered_at_most(row: Transaction, *readings: tuple[float, float]) -> list[str]:
    return [registers.take(row, wh, after(seconds), MOST_W) for seconds, wh in readings]


def test_a_step_far_beyond_the_most_of_the_evse_is_not_believed() -> None:
    row = begun(1000)
    odd = metered_at_most(row, (60, 1300), (120, 9300), (180, 1900))
    assert odd == ["", "register_jumped", ""]
    assert row.energy_wh == 900
    # Where nothing is known of it, it is.
    row = begun(1000)
    assert metered(row, (60, 1300), (120, 9300)) == ["", ""]


def test_a_step_as_the_evse_can_make_it_is_believed() -> None:
    row = begun(0)
    assert metered_at_most(row, (60, 366), (120, 733), (960, 5866), (970, 5900)) == [""] * 4
    assert registers.stop(row, 6000, "Local", after(1000), MOST_W) == []
    assert row.energy_wh == 6000


def test_a_most_that_was_told_of_one_phase_is_no_reason_to_doubt() -> None:
    row = begun(0)
    assert metered_at_most(row, (60, 1100), (120, 2200), (1020, 18_700)) == ["", "", ""]


def test_a_register_that_lags_and_catches_up_is_believed_and_noted() -> None:
    row = begun(0)
    odd = metered_at_most(row, (300, 0), (600, 0), (900, 0), (930, 5000))
    assert odd == ["", "", "", "register_jumped"]
    assert row.energy_wh == 5000


def test_a_register_that_catches_up_at_the_end_is_believed() -> None:
    row = begun(0)
    metered_at_most(row, (600, 100))
    registers.stop(row, 3600, "Local", after(605), MOST_W)
    assert (row.energy_wh, row.meter_stop_source) == (3600, "charger")


def test_a_reported_power_counts_more_than_the_most_that_was_told() -> None:
    row = begun(0, power_w=300_000.0)
    assert metered_at_most(row, (60, 5000), (120, 10_000)) == ["", ""]
    assert row.energy_wh == 10_000
