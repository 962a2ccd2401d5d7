"""Transactions that no charger ends: shown as such, and closed by hand."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from chargepoints.models import ChargePoint, Connector, Event, Transaction
from chargepoints.roles import OPERATOR, VIEWER
from tests.chargepoints.admin.conftest import AsRole, charge

TRANSACTIONS = "/admin/chargepoints/transaction/"


@pytest.fixture
def running(charge_point: ChargePoint) -> Transaction:
    return charge(charge_point, sampled_at=timezone.now() - timedelta(minutes=5))


def close_url(row: Transaction) -> str:
    return f"{TRANSACTIONS}{row.pk}/close/"


def test_both_pages_lead_to_a_page_that_asks_first(as_role: AsRole, running: Transaction) -> None:
    operator = as_role(OPERATOR)
    pages = [
        f"{TRANSACTIONS}{running.pk}/change/",
        f"/admin/chargepoints/chargepoint/{running.charge_point_id}/",
    ]
    for page in pages:
        assert close_url(running) in operator.get(page).content.decode()
    asked = operator.get(close_url(running)).content.decode()
    assert "Last sample" in asked and "3.50 kWh" in asked
    running.refresh_from_db()
    assert running.ended_at is None


def test_it_is_closed_with_a_stated_reading_and_noted_in_the_log(
    as_role: AsRole, running: Transaction
) -> None:
    form = {"ended_at": "", "meter_stop_wh": "4000"}
    response = as_role(OPERATOR).post(close_url(running), form, follow=True)
    assert "closed by us" in response.content.decode()
    running.refresh_from_db()
    assert running.ended_at == running.sampled_at
    assert (running.meter_stop_wh, running.meter_stop_source) == (4000, "stated")
    assert running.closed_by == "staff:a-operator"
    assert Event.objects.get().data["closed_by"] == "staff:a-operator"
    entry = LogEntry.objects.get()
    assert "4.00 kWh (stated)" in entry.get_change_message()
    assert entry.user.username == "a-operator"


def test_what_cannot_be_is_said_beside_its_field(
    admin_client: Client, running: Transaction
) -> None:
    form = {"ended_at": "2999-01-01 00:00", "meter_stop_wh": "1"}
    page = admin_client.post(close_url(running), form).content.decode()
    assert "this time is in the future" in page
    assert "below the meter value at the start" in page
    running.refresh_from_db()
    assert running.ended_at is None


def test_what_ended_meanwhile_is_left_as_it_is(admin_client: Client, running: Transaction) -> None:
    Transaction.objects.filter(pk=running.pk).update(ended_at=timezone.now(), meter_stop_wh=7000)
    response = admin_client.post(close_url(running), {}, follow=True)
    assert "has already ended" in response.content.decode()
    running.refresh_from_db()
    assert (running.meter_stop_wh, running.closed_by) == (7000, "")


def test_a_viewer_may_not_close(as_role: AsRole, running: Transaction) -> None:
    viewer = as_role(VIEWER)
    assert viewer.post(close_url(running)).status_code == 403
    page = viewer.get(f"{TRANSACTIONS}{running.pk}/change/").content.decode()
    assert close_url(running) not in page


@pytest.mark.parametrize("sign", ["connector is free", "booted"])
def test_a_transaction_that_is_open_in_our_books_alone_is_marked(
    admin_client: Client, running: Transaction, sign: str
) -> None:
    listed = f"{TRANSACTIONS}?state=left_open"
    page = f"/admin/chargepoints/chargepoint/{running.charge_point_id}/"
    Connector.objects.update(status_at=timezone.now() - timedelta(hours=1))
    assert len(admin_client.get(listed).context["cl"].result_list) == 0
    assert "probably left open" not in admin_client.get(page).content.decode()
    if sign == "booted":
        ChargePoint.objects.update(booted_at=timezone.now())
    else:
        Connector.objects.update(status_at=timezone.now())
    assert len(admin_client.get(listed).context["cl"].result_list) == 1
    assert "probably left open" in admin_client.get(page).content.decode()
    own_page = admin_client.get(f"{TRANSACTIONS}{running.pk}/change/")
    assert "probably left open" in own_page.content.decode()


def test_what_we_closed_can_be_listed(admin_client: Client, running: Transaction) -> None:
    closed = f"{TRANSACTIONS}?state=closed"
    assert len(admin_client.get(closed).context["cl"].result_list) == 0
    admin_client.post(close_url(running), {})
    assert len(admin_client.get(closed).context["cl"].result_list) == 1
