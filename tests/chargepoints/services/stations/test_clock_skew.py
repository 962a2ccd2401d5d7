"""How a charge point's clock goes: the latest it says counts, and what was queued does not."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from chargepoints.clock import Moment
from chargepoints.protocol.station import Station
from chargepoints.services.stations import clock_skew

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """What a station is thought to be ahead after times told (seconds of ours, ahead of ours)."""

    def __init__(self) -> None:
        self.station = Station(1, "CP-1")
        self.stored: list[Any] = []

    def tells(self, *told: tuple[float, float]) -> int | None:
        for at, ahead in told:
            received_at = NOW + timedelta(seconds=at)
            unit = SimpleNamespace(
                after_commit=lambda callback: callback(),
                update=lambda sql, row: self.stored.append(row[0]),
            )
            inbound: Any = SimpleNamespace(station=self.station, received_at=received_at, unit=unit)
            clock_skew.observe(inbound, Moment(received_at + timedelta(seconds=ahead)))
        return self.station.clock_skew_s


def test_what_was_queued_says_nothing_of_the_clock() -> None:
    assert Clock().tells((0, 0), (1, -3600), (1, -3600), (2, -1800), (3, -2)) == -2


def test_a_clock_that_was_set_right_is_followed_at_once() -> None:
    clock = Clock()
    assert clock.tells((0, 7200), (60, 1)) == 1
    assert clock.stored == [7200, 1]


def test_a_clock_that_was_set_back_is_followed_when_it_has_gone_on() -> None:
    clock = Clock()
    assert clock.tells((0, 7200), (60, -3600), (61, -3600)) == 7200
    assert clock.tells((75, -3601)) == -3601


def test_a_clock_that_was_set_ahead_is_followed_at_once() -> None:
    assert Clock().tells((0, -3600), (60, 3600)) == 3600
