"""The circuit breaker by itself, on a clock of its own."""

import pytest

from core_link.breaker import OPENS_AFTER, PAUSES_S, CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker(clock)


def open_it(breaker: CircuitBreaker) -> None:
    for _ in range(OPENS_AFTER):
        assert breaker.admits()
        breaker.failed()


def test_it_opens_after_failures_in_a_row(breaker: CircuitBreaker) -> None:
    open_it(breaker)
    assert not breaker.admits()


def test_a_success_in_between_keeps_it_closed(breaker: CircuitBreaker) -> None:
    for _ in range(3 * OPENS_AFTER):
        breaker.failed()
        breaker.succeeded()
    assert breaker.admits()


def test_after_a_pause_one_may_probe_and_only_one(breaker: CircuitBreaker, clock: Clock) -> None:
    open_it(breaker)
    clock.now += PAUSES_S[0]
    assert breaker.admits()
    assert not breaker.admits()


def test_a_probe_that_succeeds_closes_it(breaker: CircuitBreaker, clock: Clock) -> None:
    open_it(breaker)
    clock.now += PAUSES_S[0]
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.admits()
    assert breaker.admits()


def test_probes_that_fail_come_at_longer_and_longer_intervals(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    open_it(breaker)
    for pause in [*PAUSES_S, PAUSES_S[-1]]:
        clock.now += pause - 0.01
        assert not breaker.admits()
        clock.now += 0.01
        assert breaker.admits()
        breaker.failed()


def test_a_probe_that_was_withdrawn_leaves_room_for_the_next(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    open_it(breaker)
    clock.now += PAUSES_S[0]
    assert breaker.admits()
    breaker.gave_up()
    assert breaker.admits()


def test_failures_of_what_was_under_way_do_not_lengthen_the_pause(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    open_it(breaker)
    for _ in range(30):
        breaker.failed()
    clock.now += PAUSES_S[0]
    assert breaker.admits()
