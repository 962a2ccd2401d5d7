"""A battery charges as batteries do: evenly at first, and slowly at the end."""

import pytest

from tests.fakes.battery import Battery
from tests.fakes.fleet import DEPARTURE, FLEET, Member


def test_it_draws_all_that_is_offered_up_to_80_percent() -> None:
    battery = Battery(60_000, 0.2)

    taken = battery.charge(22_000, seconds=3600)

    assert taken == pytest.approx(22_000)
    assert battery.state_of_charge == pytest.approx(0.2 + 22 / 60)
    assert battery.power_w(22_000) == 22_000


def test_above_80_percent_it_draws_less_and_less() -> None:
    powers = [Battery(60_000, soc).power_w(22_000) for soc in (0.8, 0.85, 0.9, 0.95, 0.99)]

    assert powers[0] == pytest.approx(22_000)
    assert powers == sorted(powers, reverse=True)
    assert 0 < powers[-1] < 3_000


def test_it_never_takes_more_than_it_holds() -> None:
    battery = Battery(60_000, 0.5)

    assert battery.charge(150_000, seconds=86_400) == pytest.approx(30_000)
    assert battery.full
    assert battery.power_w(150_000) == 0


@pytest.mark.parametrize("member", FLEET, ids=lambda member: member.identity)
def test_a_charge_of_the_demonstration_takes_about_two_minutes(member: Member) -> None:
    pace = member.pace
    shortest, longest = (
        Battery(pace.vehicle_wh, arrival).seconds_to(departure, member.plate.power_w) / pace.speed
        for arrival, departure in zip(reversed(pace.arrival), DEPARTURE, strict=True)
    )

    assert 80 < shortest < longest < 130


def test_the_demonstration_has_stations_of_every_version() -> None:
    versions = [member.version for member in FLEET]

    assert [versions.count(name) for name in ("1.6", "2.0.1", "2.1")] == [3, 2, 1]
