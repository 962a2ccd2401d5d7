"""What has changed of a known row is written by a statement composed once, for many at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargepoints.database import row_changes
from chargepoints.database.row_changes import FrequentColumns, Update
from chargepoints.database.unit_of_work import ConcurrentChange, UnitOfWork
from chargepoints.models import Command, SecurityEvent, Transaction
from tests.core_link.delivery.delivering import charge_points

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 20, 10, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def rows() -> list[Transaction]:
    """As a process remembers them; more than one statement takes."""
    (charge_point,) = charge_points(1)
    for number in range(70):
        Transaction.objects.create(
            charge_point=charge_point, transaction_id=f"T{number}", deviations=["odd"]
        )
    return [row_changes.editable(row) for row in Transaction.objects.order_by("pk")]


def changed(row: Any, unless_changed: tuple[str, ...] = ()) -> tuple[Update, list[Any]]:
    found = row_changes.change(row, unless_changed=unless_changed)
    assert found is not None
    return found


def test_many_rows_are_written_at_once_each_with_its_own_values(rows: list[Transaction]) -> None:
    values = []
    for number, row in enumerate(rows):
        row.power_w = number + 0.5
        row.sampled_at = AT + timedelta(seconds=number)
        row.stop_reason = "" if number % 2 else "x" * 50
        row.offline = bool(number % 2)
        row.deviations = [*row.deviations, f"odd {number}"]
        row.details = {"number": number} if number % 3 else None
        row.voltage_v = None
        values.append(changed(row))
    hit = 0
    for update in {update for update, _ in values}:
        hit += update.send([each for of, each in values if of == update]).rowcount()
    assert hit == len(rows)
    for number, row in enumerate(Transaction.objects.order_by("pk")):
        assert row.power_w == number + 0.5
        assert row.sampled_at == AT + timedelta(seconds=number)
        assert row.stop_reason == ("" if number % 2 else "x" * 50)
        assert row.offline is bool(number % 2)
        assert row.deviations == ["odd", f"odd {number}"]
        assert row.details == ({"number": number} if number % 3 else None)


def test_a_row_is_not_hit_once_others_have_changed_it(rows: list[Transaction]) -> None:
    Transaction.objects.filter(pk=rows[3].pk).update(ended_at=AT)
    Transaction.objects.filter(pk=rows[5].pk).update(total_cost=1.5)
    unit = UnitOfWork()
    for row in rows:
        row.power_w = 1.0
        unit.update_if_unchanged(row.pk, *changed(row, ("ended_at", "total_cost")))
    with pytest.raises(ConcurrentChange):
        unit.flush()


def test_what_was_null_must_still_be(rows: list[Transaction]) -> None:
    for row in rows[:2]:
        row.power_w = 1.0
    update, values = changed(rows[0], ("ended_at", "superseded", "authorization_status"))
    _, others = changed(rows[1], ("ended_at", "superseded", "authorization_status"))
    Transaction.objects.filter(pk=rows[1].pk).update(authorization_status="accepted")
    assert update.send([values, others]).rowcount() == 1


def test_what_is_changed_again_is_written_again_alone(rows: list[Transaction]) -> None:
    row = rows[0]
    row.power_w, row.charging_state = 1.0, "Charging"
    unit = UnitOfWork()
    unit.update_if_unchanged(row.pk, *changed(row, ("charging_state",)))
    assert row_changes.change(row, unless_changed=()) is None
    row.power_w = 2.0
    update, values = changed(row, ("charging_state",))
    assert update.changed == ("power_w",)
    unit.update_if_unchanged(row.pk, update, values)
    unit.flush()
    row.power_w = None
    assert changed(row)[0].changed == ("power_w",)
    stored = Transaction.objects.get(pk=row.pk)
    assert (stored.power_w, stored.charging_state) == (2.0, "Charging")


def test_usual_columns_are_written_together_and_others_beside_them(
    rows: list[Transaction],
) -> None:
    usual = FrequentColumns(Transaction, "power_w", "current_a", unless_changed=("ended_at",))
    first, second, third = rows[:3]
    first.power_w = 1.5
    second.power_w, second.stop_reason = 2.5, "Local"
    Transaction.objects.filter(pk__in=[first.pk, second.pk]).update(closed_by="core")
    usually = row_changes.change(first, unless_changed=("closed_by",), frequent=usual)
    with_others = row_changes.change(second, unless_changed=("closed_by",), frequent=usual)
    assert usually is not None and with_others is not None
    assert row_changes.change(third, unless_changed=("closed_by",), frequent=usual) is None
    assert usually[0].changed == ("power_w", "current_a")
    assert with_others[0].changed == ("power_w", "current_a", "stop_reason")
    # Where nothing but what is usual has changed, less must be as it was known.
    assert [update.send([values]).rowcount() for update, values in (usually, with_others)] == [1, 0]


def test_a_key_that_is_no_number_finds_its_row() -> None:
    (charge_point,) = charge_points(1)
    row = row_changes.editable(
        Command.objects.create(charge_point=charge_point, type="clear_cache", expires_at=AT)
    )
    row.state, row.request = Command.State.SENT, {"a": [1]}
    assert row_changes.write(row, unless_changed=("state",))
    stored = Command.objects.get(pk=row.pk)
    assert (stored.state, stored.request) == (Command.State.SENT, {"a": [1]})
    row.state = Command.State.ACCEPTED
    Command.objects.filter(pk=row.pk).update(state=Command.State.TIMEOUT)
    assert not row_changes.write(row, unless_changed=("state",))


def test_a_new_row_is_as_the_model_makes_it() -> None:
    made, expected = row_changes.new(Transaction, charge_point_id=3), Transaction(charge_point_id=3)
    assert attributes(made) == attributes(expected)
    assert made._state.adding
    # Of what can be changed each row has its own.
    made.deviations.append("odd")
    assert row_changes.new(Transaction).deviations == []


def attributes(row: Transaction) -> dict[str, Any]:
    return {name: value for name, value in row.__dict__.items() if name != "_state"}


def test_a_row_that_is_there_already_is_not_written_again() -> None:
    (charge_point,) = charge_points(1)

    def event(tech_info: str) -> SecurityEvent:
        said = {"type": "ReconfigurationOfSecurityParameters", "tech_info": tech_info}
        times = {"occurred_at": AT, "received_at": AT + timedelta(seconds=len(tech_info))}
        return row_changes.new(SecurityEvent, charge_point_id=charge_point.pk, **said, **times)

    assert row_changes.insert_once(event("one"))
    assert not row_changes.insert_once(event("one"))
    assert row_changes.insert_once(event("another"))
    stored = SecurityEvent.objects.order_by("pk").values_list("tech_info", "received_at")
    assert list(stored) == [
        ("one", AT + timedelta(seconds=3)),
        ("another", AT + timedelta(seconds=7)),
    ]
