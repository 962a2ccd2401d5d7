"""An index is added to a table of history, partitioned or not, while chargers write to it."""

from collections.abc import Callable

import pytest
from django.db import connection

from chargepoints.database import partitions
from chargepoints.database.index_while_in_use import AddIndexWhileInUse
from tests.chargepoints.database.things import INDEX, TABLE, Things

pytestmark = pytest.mark.services

ADD = AddIndexWhileInUse("Thing", INDEX)
VALID = """
SELECT count(*) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relname LIKE 'thing_said%%' AND indisvalid
"""


def three_partitions(things: Things) -> None:
    things.partition()
    things.say("a", "b")
    partitions.cut(TABLE, 100)
    partitions.cut(TABLE, 200)


def one_table(things: Things) -> None:
    things.say("a", "b")


def valid() -> int:
    with connection.cursor() as cursor:
        cursor.execute(VALID)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(("prepare", "indexes"), [(one_table, 1), (three_partitions, 4)])
def test_the_index_is_there_and_goes_when_it_is_undone(
    things: Things, prepare: Callable[[Things], None], indexes: int
) -> None:
    prepare(things)
    with things.written_to():
        things.migrate(ADD)
        assert valid() == indexes
        things.undo(ADD)
    assert valid() == 0


def test_what_an_interrupted_run_left_is_finished_by_the_next(things: Things) -> None:
    three_partitions(things)
    first, second, _ = partitions.of(TABLE)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX thing_said_from_0 ON {first.name} (said)")
        cursor.execute(f"CREATE INDEX thing_said_from_100 ON {second.name} (said)")
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false"
            " WHERE indexrelid = 'thing_said_from_100'::regclass"
        )
    things.migrate(ADD)
    assert valid() == 4
    partitions.cut(TABLE, 300)
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, partitions.of(TABLE)[-1].name)
    assert any(each["columns"] == ["said"] for each in found.values())
