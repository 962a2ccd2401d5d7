"""Statements that are sent together, without waiting for each."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from chargepoints import clock
from chargepoints.database import statements
from chargepoints.database.unit_of_work import UnitOfWork
from chargepoints.models import ChargePoint, SecurityEvent
from tests.core_link.delivery.delivering import charge_points

pytestmark = pytest.mark.django_db

RENAME = "UPDATE chargepoints_chargepoint SET name = %s WHERE id = %s"


def rename(name: str, *pks: int) -> statements.Sent:
    def text(rows: int) -> str:
        return RENAME.replace("= %s WHERE", f"= '{name}' WHERE").replace(
            "id = %s", f"id IN ({', '.join(['%s'] * rows)})"
        )

    return statements.send_at_once(text, [(pk,) for pk in pks])


def test_each_statement_knows_what_it_has_hit_once_all_are_done() -> None:
    first, second, third = charge_points(3)
    with statements.pipelined(3):
        both = rename("both", first.pk, second.pk)
        none = rename("none", 0)
        statements.execute_many(RENAME, [("third", third.pk), ("again", third.pk)])
    assert (both.rowcount(), none.rowcount()) == (2, 0)
    names = ChargePoint.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["both", "both", "again"]


def test_what_is_read_among_them_sees_those_before_it() -> None:
    (charge_point,) = charge_points(1)
    with statements.pipelined(2):
        rename("now", charge_point.pk)
        found = statements.fetch_one(
            "SELECT name FROM chargepoints_chargepoint WHERE id = %s", [charge_point.pk]
        )
        rename("then", charge_point.pk)
    assert found == ("now",)
    charge_point.refresh_from_db()
    assert charge_point.name == "then"


def test_an_error_of_one_is_djangos_and_undoes_all() -> None:
    (charge_point,), now = charge_points(1), clock.now()

    def write(*rows: Any) -> None:
        unit = UnitOfWork()
        with transaction.atomic():
            unit.update(RENAME, ("renamed", charge_point.pk))
            for row in rows:
                unit.append(SecurityEvent, row)
            unit.flush()

    with pytest.raises(IntegrityError):
        write(*[(charge_point.pk, "StartupOfTheDevice", now, now, "")] * 2)
    charge_point.refresh_from_db()
    assert charge_point.name == ""
    write()
    charge_point.refresh_from_db()
    assert charge_point.name == "renamed"
