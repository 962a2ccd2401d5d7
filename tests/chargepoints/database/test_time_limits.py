"""Statements that take long and block nobody run without limits of time."""

import pytest
from django.db import connection

from chargepoints.database import time_limits

pytestmark = pytest.mark.django_db(transaction=True)


def limits() -> list[str]:
    found = []
    with connection.cursor() as cursor:
        for name in ("statement_timeout", "lock_timeout"):
            cursor.execute(f"SHOW {name}")
            found.append(cursor.fetchone()[0])
    return found


def fail_without_limits() -> None:
    with time_limits.lifted():
        assert limits() == ["0", "0"]
        raise RuntimeError


@pytest.mark.services
def test_limits_are_lifted_and_are_back_also_after_an_error() -> None:
    before = limits()
    assert before != ["0", "0"]
    with pytest.raises(RuntimeError):
        fail_without_limits()
    assert limits() == before


def test_a_database_without_limits_is_left_alone() -> None:
    with time_limits.lifted(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
