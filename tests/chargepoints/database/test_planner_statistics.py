"""Tables that grow from nothing are looked up by their indexes within seconds."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from chargepoints.database import planner_statistics
from chargepoints.models import IdToken

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

TABLE = IdToken._meta.db_table


def planned_rows() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [TABLE])
        return float(cursor.fetchone()[0])


def write(count: int, first: int) -> None:
    IdToken.objects.bulk_create(
        IdToken(value=f"{number}") for number in range(first, first + count)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")


def test_the_statistics_of_a_table_are_renewed_when_it_has_doubled() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {TABLE}")
    write(150, first=0)
    planner_statistics.renew()
    assert planned_rows() < 150
    write(150, first=150)
    planner_statistics.renew()
    assert planned_rows() == 300


def test_who_is_renewing_them_already_is_not_waited_for() -> None:
    write(500, first=0)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN SHARE UPDATE EXCLUSIVE MODE")
        with ThreadPoolExecutor(1) as pool:
            pool.submit(planner_statistics.renew).result(timeout=3)
        assert planned_rows() != 500


def test_tables_of_other_schemas_are_left_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA of_another")
        cursor.execute("CREATE TABLE of_another.things AS SELECT generate_series(1, 1000)")
        cursor.execute("SELECT pg_stat_force_next_flush()")
    write(500, first=0)
    try:
        planner_statistics.renew()
        assert planned_rows() == 500
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'things'")
            assert cursor.fetchone()[0] == -1
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA of_another CASCADE")
