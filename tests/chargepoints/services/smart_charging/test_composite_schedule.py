"""Our own composite schedule, by the rules of 1.6 3.13.3."""

from datetime import UTC, datetime
from typing import Any

from chargepoints.services.smart_charging.composite_schedule import Installed, Limit, compute, total

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def profile(
    purpose: str, limit: float, *, evse_id: int = 0, periods: Any = None, **more: Any
) -> Installed:
    said = {
        "purpose": purpose,
        "kind": "absolute",
        "unit": "A",
        "start": START.isoformat(),
        "periods": periods or [{"start_s": 0, "limit": limit}],
    }
    return Installed(evse_id, START, said | more)


def limits(*profiles: Installed, duration_s: int = 3600, unit: str = "A") -> list[Any]:
    found = compute(profiles, start=START, duration_s=duration_s, unit=unit)
    return [(each.start_s, each.limit) for each in found]


def test_without_a_profile_nothing_limits() -> None:
    assert limits() == [(0, None)]


def test_the_higher_stack_level_prevails() -> None:
    assert limits(profile("default", 10, stack_level=0), profile("default", 20, stack_level=3)) == [
        (0, 20)
    ]


def test_the_lower_level_is_back_when_the_higher_one_is_over() -> None:
    high = profile("default", 20, stack_level=3, duration_s=600)
    assert limits(profile("default", 10), high) == [(0, 20), (600, 10)]


def test_the_transactions_profile_overrules_the_default() -> None:
    assert limits(profile("default", 10, stack_level=9), profile("transaction", 25)) == [(0, 25)]


def test_the_stations_maximum_bounds_everything() -> None:
    station = profile(
        "station_max", 0, periods=[{"start_s": 0, "limit": 32}, {"start_s": 900, "limit": 8}]
    )
    assert limits(station, profile("transaction", 16)) == [(0, 16), (900, 8)]


def test_an_evses_own_default_goes_before_the_stations() -> None:
    assert limits(profile("default", 10), profile("default", 6, evse_id=1)) == [(0, 6)]


def test_a_daily_profile_comes_again() -> None:
    daily = profile(
        "default",
        0,
        kind="recurring",
        recurrence="daily",
        start="2026-01-01T08:30:00Z",
        periods=[{"start_s": 0, "limit": 6}, {"start_s": 900, "limit": 12}],
    )
    assert limits(daily, duration_s=3600) == [(0, 12), (1800, 6), (2700, 12)]


def test_a_daily_profile_that_starts_tomorrow_says_nothing_today() -> None:
    daily = profile(
        "default", 6, kind="recurring", recurrence="daily", start="2026-03-03T08:00:00Z"
    )
    assert limits(daily, duration_s=90_000) == [(0, None), (86_400, 6)]


def test_a_weekly_profile_that_is_over_for_this_week_says_nothing() -> None:
    weekly = profile(
        "default",
        6,
        kind="recurring",
        recurrence="weekly",
        start="2026-03-01T08:00:00Z",
        duration_s=3600,
    )
    assert limits(weekly) == [(0, None)]


def test_a_relative_profile_counts_from_the_start_of_charging() -> None:
    relative = profile(
        "transaction",
        0,
        kind="relative",
        start=None,
        periods=[{"start_s": 0, "limit": 16}, {"start_s": 1200, "limit": 8}],
    )
    found = compute(
        [relative],
        start=START,
        duration_s=3600,
        unit="A",
        charging_since=START.replace(hour=7, minute=50),
    )
    assert found == [Limit(0, 16), Limit(600, 8)]


def test_a_profile_holds_only_while_it_is_valid() -> None:
    valid = profile(
        "default", 6, valid_from="2026-03-02T08:10:00Z", valid_to="2026-03-02T08:20:00Z"
    )
    assert limits(valid) == [(0, None), (600, 6), (1200, None)]


def test_amperes_become_watts_over_three_phases_or_those_named() -> None:
    one_phase = profile("default", 0, periods=[{"start_s": 0, "limit": 10, "phases": 1}])
    assert limits(profile("default", 10), unit="W") == [(0, 6900)]
    assert limits(one_phase, unit="W") == [(0, 2300)]


def test_the_lowest_number_of_phases_is_that_of_all() -> None:
    """2.0.1 K, 3.7, as the errata have it: three phases of the station, one of the car."""
    station = profile("station_max", 0, periods=[{"start_s": 0, "limit": 16, "phases": 3}])
    car = profile("transaction", 0, periods=[{"start_s": 0, "limit": 20, "phases": 1}])
    (limit,) = compute([station, car], start=START, duration_s=60, unit="W")
    assert (limit.limit, limit.phases) == (16 * 230, 1)


def test_no_schedule_is_computed_for_longer_than_a_month() -> None:
    every_day = profile("default", 10, kind="recurring", recurrence="daily", duration_s=3600)
    found = limits(every_day, duration_s=2**31 - 1)
    assert len(found) == 2 * 31


def test_the_station_takes_what_its_evses_take_together_within_its_own_limits() -> None:
    evse = [Limit(0, 16.0), Limit(900, 6.0)]
    assert total([evse, evse], [Limit(0, 20.0)]) == [Limit(0, 20.0), Limit(900, 12.0)]
    assert total([evse, [Limit(0, None)]], [Limit(0, 20.0)]) == [Limit(0, 20.0)]
    assert total([evse, [Limit(0, None)]], [Limit(0, None)]) == [Limit(0, None)]
