"""What is kept, what it takes, and the hold on one charge point's history."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from chargepoints.models import ChargePoint, HandshakeRefusal, HistoryHold, Message, StatusChange
from chargepoints.services.history import forecast
from chargepoints.services.history.forecast import Forecast
from tests.chargepoints.admin.conftest import AsRole, MakeChargePoint, trace
from tests.chargepoints.api.client import ApiClient

PAGE = "/admin/chargepoints/chargepoint/retention/"


def hold_page(row: ChargePoint) -> str:
    return f"/admin/chargepoints/chargepoint/{row.pk}/hold/"


def of(model: type) -> Forecast:
    return next(row for row in forecast.forecasts(timezone.now()) if row.kind.model is model)


def old_history(row: ChargePoint) -> None:
    """Of four hundred days ago: a message, a refusal, and two statuses of a connector."""
    at = timezone.now() - timedelta(days=400)
    trace(row, started_at=at)
    identity = row.identity.lower()
    HandshakeRefusal.objects.create(identity=identity, status_code=401, last_at=at)
    for status in ("available", "faulted"):
        StatusChange.objects.create(
            charge_point=row,
            evse_id=1,
            connector_id=1,
            status=status,
            reported_at=at,
            received_at=at,
        )


def test_the_page_says_what_each_class_takes_and_will_take(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    trace(charge_point)
    page = admin_client.get(PAGE).content.decode()
    assert "KEEP_MESSAGES_DAYS" in page and "90 days" in page
    assert "transactions" in page and "Total" in page


def test_rows_a_day_are_those_of_the_last_week(charge_point: ChargePoint) -> None:
    now = timezone.now()
    for days in (20, 15, *[6] * 10, *[1] * 18):
        trace(charge_point, started_at=now - timedelta(days=days))
    found = of(Message)
    assert found.rows == 30
    assert found.rows_a_day == pytest.approx(28 / 7)
    assert found.rows_then == 28 / 7 * found.kind.days_at_most
    assert found.size_then == pytest.approx(found.rows_then * found.bytes_a_row, abs=1)


def test_a_past_that_is_shorter_than_a_week_counts_as_long_as_it_is(
    charge_point: ChargePoint,
) -> None:
    now = timezone.now()
    for hours in range(48):
        trace(charge_point, started_at=now - timedelta(hours=48 - hours))
    assert of(Message).rows_a_day == pytest.approx(24, rel=0.01)


def test_bytes_a_row_are_measured(charge_point: ChargePoint) -> None:
    for _ in range(20):
        trace(charge_point, request="x" * 3000)
    assert 3000 < of(Message).bytes_a_row < 30_000


def test_without_history_nothing_is_foretold(db: None) -> None:
    found = of(Message)
    assert (found.rows, found.rows_a_day, found.size_then) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_what_is_held_stays_and_goes_once_it_is_released(
    make_charge_point: MakeChargePoint, admin_client: Client
) -> None:
    held, other = make_charge_point("HELD"), make_charge_point("OTHER")
    old_history(held)
    old_history(other)
    admin_client.post(hold_page(held), {"reason": "a dispute with the vendor"})
    call_command("prune")
    assert list(Message.objects.values_list("charge_point", flat=True)) == [held.pk]
    assert StatusChange.objects.filter(charge_point=held).count() == 2
    assert StatusChange.objects.filter(charge_point=other).count() == 1  # what is so since then
    assert list(HandshakeRefusal.objects.values_list("identity", flat=True)) == ["held"]
    admin_client.post(hold_page(held), {"release": "1"})
    call_command("prune")
    assert not Message.objects.exists() and not HandshakeRefusal.objects.exists()


def test_who_held_and_released_it_and_why_is_logged(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    page = admin_client.post(hold_page(charge_point), {"reason": "a dispute"}, follow=True)
    text = page.content.decode()
    assert "a dispute" in text and "staff:admin" in text and ">held<" in text
    assert "a dispute" in admin_client.get(PAGE).content.decode()
    admin_client.post(hold_page(charge_point), {"reason": "another"})
    assert HistoryHold.objects.get().reason == "a dispute"
    admin_client.post(hold_page(charge_point), {"release": "1"})
    said = [entry.get_change_message() for entry in LogEntry.objects.order_by("id")]
    assert said[0] == "History held: a dispute"
    assert said[1].startswith("History no longer held (by staff:admin since")
    assert said[1].endswith(": a dispute).")


def test_a_hold_needs_a_reason(admin_client: Client, charge_point: ChargePoint) -> None:
    page = admin_client.post(hold_page(charge_point), {"reason": " "}).content.decode()
    assert "This field is required" in page
    assert not HistoryHold.objects.exists()


def test_engineers_hold_history_and_operators_see_that_it_is_held(
    as_role: AsRole, charge_point: ChargePoint
) -> None:
    operator, engineer = as_role("operator"), as_role("engineer")
    assert operator.post(hold_page(charge_point), {"reason": "x"}).status_code == 403
    assert engineer.post(hold_page(charge_point), {"reason": "a dispute"}).status_code == 302
    page = operator.get(hold_page(charge_point)).content.decode()
    assert "a dispute" in page and "Release" not in page
    assert operator.post(hold_page(charge_point), {"release": "1"}).status_code == 403


def test_a_charge_point_that_is_held_is_not_removed_over_the_api(
    charge_point: ChargePoint,
) -> None:
    client = ApiClient()
    HistoryHold.objects.create(charge_point=charge_point, reason="a dispute", placed_by="staff:a")
    answer = client.delete("/charge-points/CP-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "history_held")
    HistoryHold.objects.all().delete()
    assert client.delete("/charge-points/CP-1").status_code == 204
