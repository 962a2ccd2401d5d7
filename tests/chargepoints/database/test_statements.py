"""Statements that are sent together, without waiting for each."""

from contextlib import suppress
from functools import partial
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
NAME = "SELECT name FROM chargepoints_chargepoint WHERE id = %s"


def rename(name: str, *pks: int) -> statements.Sent:
    def text(rows: int) -> str:
        return RENAME.replace("= %s WHERE", f"= '{name}' WHERE").replace(
            "id = %s", f"id IN ({', '.join(['%s'] * rows)})"
        )

    return statements.send_at_once(text, [(pk,) for pk in pks])


def test_each_statement_knows_what_it_has_hit_once_all_are_done() -> None:
    first, second, third = charge_points(3)
    with statements.pipelined():
        both = rename("both", first.pk, second.pk)
        none = rename("none", 0)
        statements.execute_many(RENAME, [("third", third.pk), ("again", third.pk)])
    assert (both.rowcount(), none.rowcount()) == (2, 0)
    names = ChargePoint.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["both", "both", "again"]


def test_what_is_read_among_them_sees_those_before_it() -> None:
    (charge_point,) = charge_points(1)
    with statements.pipelined():
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


@pytest.mark.services
def test_queries_of_units_side_by_side_share_a_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []
    send = statements._execute_all

    def counted(queries: Any) -> Any:
        rounds.append(len(queries))
        return send(queries)

    monkeypatch.setattr(statements, "_execute_all", counted)
    points = charge_points(3)
    found: dict[int, Any] = {}

    def rename_and_read(pk: int, name: str) -> None:
        assert statements.execute(RENAME, (name, pk)) == 1
        found[pk] = statements.fetch_one(NAME, (pk,))

    units = [partial(rename_and_read, each.pk, each.identity) for each in points]
    statements.run_side_by_side([units[:1], units[1:]], progress=lambda: None)
    assert found == {each.pk: (each.identity,) for each in points}
    assert rounds == [2, 2, 1, 1]


@pytest.mark.services
def test_what_is_sent_in_a_pipeline_is_not_mixed_with_other_units() -> None:
    one, two = charge_points(2)
    seen: list[str] = []

    def sends() -> None:
        with statements.pipelined():
            statements.execute_many(RENAME, [("a", one.pk), ("b", one.pk)])
            seen.append(str(statements.fetch_one(NAME, (one.pk,))))
        seen.append("sent")

    def other() -> None:
        seen.append("other")

    statements.run_side_by_side([[sends], [other]], progress=lambda: None)
    assert seen == ["('b',)", "sent", "other"]


@pytest.mark.services
def test_within_a_savepoint_a_unit_is_not_suspended() -> None:
    one, two = charge_points(2)

    def taken_back() -> None:
        with suppress(ValueError), transaction.atomic():
            statements.execute(RENAME, ("taken back", one.pk))
            raise ValueError

    def other() -> None:
        statements.execute(RENAME, ("stays", two.pk))

    statements.run_side_by_side([[taken_back], [other]], progress=lambda: None)
    names = ChargePoint.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["", "stays"]


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_an_error_of_one_query_ends_all_units_as_djangos() -> None:
    one, two = charge_points(2)
    ended: list[int] = []

    def fails() -> None:
        statements.execute("UPDATE chargepoints_chargepoint SET id = %s", (two.pk,))

    def other() -> None:
        try:
            statements.fetch_one(NAME, (one.pk,))
        finally:
            ended.append(one.pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        statements.run_side_by_side([[other], [fails]], progress=lambda: None)
    assert ended == [one.pk]
    assert statements.fetch_one(NAME, (one.pk,)) == ("",)
