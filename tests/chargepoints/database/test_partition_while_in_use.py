"""A large table becomes a partitioned one: nothing of it is written anew, and nobody waits."""

from typing import Any

import pytest
from django.core.management.color import no_style
from django.db import DatabaseError, connection

from chargepoints.database import partitions
from chargepoints.database.partition_while_in_use import PartitionWhileInUse
from tests.chargepoints.database.things import TABLE, Things, in_use

pytestmark = pytest.mark.services

FILES = """
SELECT relfilenode FROM pg_class
WHERE oid = %(name)s::regclass OR oid IN (
    SELECT indexrelid FROM pg_index WHERE indrelid = %(name)s::regclass
)
ORDER BY 1
"""


def rows_of(sql: str, *values: Any, **named: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, named or values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def constraints() -> dict[str, Any]:
    with connection.cursor() as cursor:
        return dict(connection.introspection.get_constraints(cursor, TABLE))


def test_its_rows_indexes_and_constraints_are_those_of_before(things: Things) -> None:
    things.say("a", "b")
    before, files = constraints(), rows_of(FILES, name=TABLE)
    things.partition()
    assert things.said() == ["a", "b"]
    assert constraints() == before
    (only,) = partitions.of(TABLE)
    assert (only.begin, only.end) == (None, None)
    assert rows_of(FILES, name=only.name) == files


def test_its_ids_go_on_and_its_sequence_can_be_reset(things: Things) -> None:
    things.say("a", "b")
    last = things.Thing.objects.latest("pk").pk
    things.partition()
    things.say("c")
    assert things.Thing.objects.latest("pk").pk == last + 1
    things.Thing.objects.create(pk=last + 100, charge_point_id=things.charge_point_id, said="d")
    (reset,) = connection.ops.sequence_reset_sql(no_style(), [things.Thing])
    rows_of(reset)
    things.say("e")
    assert things.Thing.objects.latest("pk").pk == last + 101


def test_an_empty_table_is_partitioned_too_and_begins_at_1(things: Things) -> None:
    things.partition()
    things.say("a")
    assert things.Thing.objects.get().pk == 1


def test_what_is_partitioned_already_is_left_as_it_is_also_after_going_back(
    things: Things,
) -> None:
    things.partition()
    things.say("a")
    partitions.cut(TABLE, 1000)
    before = partitions.of(TABLE)
    things.partition()
    things.undo(PartitionWhileInUse("Thing"))
    things.partition()
    assert partitions.of(TABLE) == before
    assert things.said() == ["a"]


def test_rows_that_are_written_meanwhile_are_all_there(things: Things) -> None:
    with things.written_to() as committed:
        things.partition()
    assert things.said() == committed
    assert len(partitions.of(TABLE)) == 1


@pytest.mark.usefixtures("impatient")
def test_a_table_that_is_in_use_all_the_time_is_left_as_it_is(things: Things) -> None:
    things.say("a")
    before = constraints()
    with in_use(TABLE), pytest.raises(DatabaseError, match="run the migration again"):
        things.partition()
    assert partitions.of(TABLE) == []
    assert constraints() == before
    things.partition()
    assert things.said() == ["a"]


def test_who_was_allowed_to_read_it_still_is(things: Things) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT SELECT ON {TABLE} TO PUBLIC")
    things.partition()
    granted = "SELECT has_table_privilege('pg_monitor', %s, 'SELECT')"
    assert rows_of(granted, TABLE) == [(True,)]


def test_a_row_without_its_charge_point_is_refused_as_before(things: Things) -> None:
    things.partition()
    with pytest.raises(DatabaseError, match="foreign key"):
        things.Thing.objects.create(charge_point_id=0, said="a")
