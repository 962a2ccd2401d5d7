"""All hosts go by one clock: the database's, where a host's own is wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from chargepoints import clock
from chargepoints.database import shared_clock
from chargepoints.models.connection import new_epoch

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def own_clock() -> Iterator[None]:
    clock.set_ahead(timedelta(0))
    yield
    clock.set_ahead(timedelta(0))


def told(ahead: timedelta, taken: timedelta = timedelta(milliseconds=2)) -> timedelta:
    """The database says a time so far ahead; how far ahead the gateway's is from then on."""
    now = datetime.now(UTC)
    shared_clock.apply(now + taken / 2 + ahead, now, now + taken)
    return clock.now() - datetime.now(UTC)


@pytest.mark.parametrize("ahead", [30 * SECOND, -30 * SECOND])
def test_a_host_whose_clock_is_wrong_goes_by_the_database(ahead: timedelta) -> None:
    assert abs(told(ahead) - ahead) < SECOND / 10


def test_what_a_look_takes_and_clocks_in_step_change_nothing() -> None:
    assert abs(told(SECOND * 0.9)) < SECOND / 10
    assert abs(told(-SECOND * 0.9)) < SECOND / 10


def test_an_answer_that_was_long_under_way_says_nothing() -> None:
    assert abs(told(30 * SECOND, taken=3 * SECOND)) < SECOND / 10


def test_a_clock_that_was_set_right_counts_again() -> None:
    told(30 * SECOND)
    assert abs(told(timedelta(0))) < SECOND / 10


def test_small_changes_do_not_make_time_jump() -> None:
    told(30 * SECOND)
    before = clock.ahead()
    told(30 * SECOND + SECOND * 0.2)
    assert clock.ahead() == before


@pytest.mark.django_db
def test_the_time_that_the_database_says_is_read() -> None:
    shared_clock.compare()
    assert clock.ahead() == timedelta(0)


def test_a_connection_is_later_than_the_one_before_it_whatever_the_clock_says() -> None:
    now = datetime.now(UTC)
    earlier = new_epoch(now + 5 * SECOND)
    assert new_epoch(now) < earlier
    assert new_epoch(now, after=earlier) == earlier + 1
