"""Partitions are cut and dropped while chargers write."""

from collections.abc import Callable

import pytest
from django.db import connection

from chargepoints.database import partitions
from tests.chargepoints.database.things import TABLE, Things, in_use

pytestmark = pytest.mark.services

CHECKS = "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conname LIKE %s"


@pytest.fixture
def partitioned(things: Things) -> Things:
    things.partition()
    return things


def count_of(partition: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {partition}")
        return int(cursor.fetchone()[0])


def bounds() -> list[tuple[int | None, int | None]]:
    return [(each.begin, each.end) for each in partitions.of(TABLE)]


def checks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(CHECKS, [f"{TABLE}%"])
        return int(cursor.fetchone()[0])


def nothing() -> None:
    pass


@pytest.mark.parametrize("texts", [[], ["a", "b"]])
def test_the_last_partition_is_cut_ahead_of_its_rows(partitioned: Things, texts: list[str]) -> None:
    if texts:
        partitioned.say(*texts)
    assert partitions.cut(TABLE, 4)
    assert bounds() == [(None, 4), (4, None)]
    partitioned.say(*"cdef")
    assert partitioned.said() == [*texts, *"cdef"]
    first, last = partitions.of(TABLE)
    assert count_of(first.name) == 3
    assert count_of(last.name) == len(texts) + 1
    assert checks() == 0


def test_each_next_partition_is_cut_from_the_last_one(partitioned: Things) -> None:
    for at in (2, 10, 20):
        partitioned.say("x")
        assert partitions.cut(TABLE, at)
    assert bounds() == [(None, 2), (2, 10), (10, 20), (20, None)]
    assert checks() == 0


def test_rows_that_are_written_while_partitions_come_and_go_are_all_there(
    partitioned: Things,
) -> None:
    with partitioned.written_to() as committed:
        newest = partitioned.Thing.objects.latest("pk").pk
        for ahead in (1_000_000, 2_000_000, 3_000_000):
            assert partitions.cut(TABLE, newest + ahead)
        last_but_one = partitions.of(TABLE)[-2]
        assert partitions.drop(TABLE, last_but_one, before=nothing)
    assert partitioned.said() == committed


def test_a_row_that_comes_while_an_empty_partition_is_cut_is_there(partitioned: Things) -> None:
    with partitioned.written_slowly("a"):
        assert partitions.cut(TABLE, 50)
    assert partitioned.said() == ["a"]
    assert bounds() == [(None, 50), (50, None)]


def test_a_check_that_remained_when_a_process_was_killed_is_of_no_consequence(
    partitioned: Things,
) -> None:
    partitioned.say("a")
    (last,) = partitions.of(TABLE)
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {last.name} ADD CONSTRAINT {last.name}_ends CHECK (id < 2) NOT VALID"
        )
    assert partitions.cut(TABLE, 50)
    partitioned.say("b")
    assert partitioned.said() == ["a", "b"]
    assert checks() == 0


def test_rows_beyond_the_cut_are_left_where_they_are(partitioned: Things) -> None:
    partitioned.say("a", "b", "c")
    with pytest.raises(Exception, match="violated by some row"):
        partitions.cut(TABLE, 2)
    assert bounds() == [(None, None)]
    assert checks() == 0


def test_a_partition_is_dropped_with_its_rows(partitioned: Things) -> None:
    partitioned.say("a", "b")
    partitions.cut(TABLE, 3)
    partitioned.say("c")
    first = partitions.of(TABLE)[0]
    assert partitions.drop(TABLE, first, before=nothing)
    assert partitioned.said() == ["c"]
    assert bounds() == [(3, None)]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "change",
    [
        lambda: partitions.cut(TABLE, 50),
        lambda: partitions.drop(TABLE, partitions.of(TABLE)[0], before=nothing),
    ],
)
def test_a_table_that_is_in_use_all_the_time_is_left_as_it_is(
    partitioned: Things, change: Callable[[], bool]
) -> None:
    partitioned.say("a")
    partitions.cut(TABLE, 10)
    before = bounds()
    with in_use(TABLE):
        assert not change()
    assert bounds() == before
    assert partitioned.said() == ["a"]
    assert checks() == 0
    assert change()


@pytest.mark.usefixtures("impatient")
def test_what_goes_with_a_partition_is_done_only_if_it_is_dropped(partitioned: Things) -> None:
    partitions.cut(TABLE, 10)
    first = partitions.of(TABLE)[0]
    with in_use(TABLE):
        assert not partitions.drop(TABLE, first, before=lambda: partitioned.say("noted"))
    assert partitioned.said() == []


def test_the_latest_rows_are_read_from_the_last_partition_only(partitioned: Things) -> None:
    for at in (100, 200, 300):
        partitioned.say(*["x"] * 100)
        partitions.cut(TABLE, at + 1)
    partitioned.say("the latest")
    latest = partitioned.Thing.objects.order_by("-pk")[:1]
    plan = latest.explain(analyze=True)
    assert plan.count("never executed") == 3, plan


def test_other_tables_have_no_partitions(transactional_db: None) -> None:
    assert partitions.of("chargepoints_event") == []
    assert partitions.of("no_such_table") == []
