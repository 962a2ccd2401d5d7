"""Every page of history: read only, bounded, and blind to markup in what chargers say."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chargepoints.admin import history, holdings, meter_values
from chargepoints.models import (
    ChargePoint,
    ChargingProfile,
    Command,
    CommandBatch,
    Connection,
    Connector,
    DisplayMessage,
    Event,
    IdToken,
    InstalledCertificate,
    LocalList,
    LocalListEntry,
    Message,
    MeterValue,
    Monitor,
    MonitoringEvent,
    Reservation,
    SecurityEvent,
    SeenTls,
    ServerProcess,
    Status,
    StatusChange,
    Transaction,
    Variable,
)
from tests.chargepoints.admin.conftest import MakeChargePoint, charge, trace
from tests.chargepoints.admin.past import a_past

HISTORY: list[type[models.Model]] = [
    ChargingProfile,
    Command,
    CommandBatch,
    Connection,
    Connector,
    DisplayMessage,
    Event,
    InstalledCertificate,
    LocalList,
    Message,
    MeterValue,
    Monitor,
    MonitoringEvent,
    Reservation,
    SecurityEvent,
    SeenTls,
    ServerProcess,
    StatusChange,
    Transaction,
    Variable,
]
# As short as the shortest column of text.
HOSTILE = "\"'><script>a("


@pytest.fixture
def hostile(make_charge_point: MakeChargePoint) -> ChargePoint:
    """A charge point that puts markup into everything it says."""
    charge_point = make_charge_point(
        "CP-1",
        name=HOSTILE,
        site=HOSTILE,
        vendor=HOSTILE,
        model=HOSTILE,
        serial_number=HOSTILE,
        firmware_version=HOSTILE,
        boot_reason=HOSTILE,
        status="faulted",
        error_code=HOSTILE,
    )
    Connection.objects.update(deviations=[HOSTILE], close_reason=HOSTILE, path=HOSTILE)
    Connector.objects.update(
        ocpp_status=HOSTILE,
        error_code=HOSTILE,
        vendor_error_code=HOSTILE,
        info=HOSTILE,
        status=Status.FAULTED,
    )
    a_past(charge_point, HOSTILE)
    return charge_point


def list_of(model: type[models.Model]) -> str:
    return reverse(f"admin:chargepoints_{model._meta.model_name}_changelist")


def change_of(row: models.Model) -> str:
    return reverse(f"admin:chargepoints_{row._meta.model_name}_change", args=[row.pk])


def pages(charge_point: ChargePoint) -> Iterator[str]:
    yield reverse("admin:index")
    yield reverse("admin:chargepoints_seentls_watch")
    for model in admin.site._registry:
        if model._meta.app_label == "chargepoints":
            yield list_of(model)
            if (row := model._default_manager.first()) is not None:
                yield change_of(row)
    own = (
        "overview",
        "live",
        "key",
        "availability",
        "frames",
        "connections",
        "same",
        *holdings.TABS,
    )
    for name in own:
        yield reverse(f"admin:chargepoints_chargepoint_{name}", args=[charge_point.pk])
    cells = reverse("admin:chargepoints_chargepoint_live_cells")
    yield f"{cells}?id={charge_point.pk}"
    command = reverse("admin:chargepoints_chargepoint_command", args=[charge_point.pk])
    yield f"{command}?command=stop"


def test_every_model_has_its_page() -> None:
    elsewhere = {
        "ChargePointCounters",  # numbers that only the gateway hands out
        "Credential",  # among the settings of its charge point
        "EventFeed",  # the last position, which every event shows
        "Evse",  # named by its connectors
        "FleetSample",  # the chart on the first page
        "FirmwareLink",  # a secret URL's hash, and no more
        "HistoryHold",  # on the page of its charge point, and all of them on that of the retention
        "LocalListEntry",  # on the page of its list
        "QuirkUse",  # on the page of its charge point
        "RollOutTarget",  # on the page of its roll-out
        "ServerRun",  # what availability calls the gateway's own downtime
        "StaffTimes",  # chosen by each for themselves
        "TransactionEvent",  # on the page of its transaction
    }
    registered = {model.__name__ for model in admin.site._registry}
    ours = {model.__name__ for model in apps.get_app_config("chargepoints").get_models()}
    assert ours - elsewhere <= registered


@pytest.mark.slow
def test_text_from_chargers_is_escaped_on_every_page(
    admin_client: Client, hostile: ChargePoint
) -> None:
    seen = 0
    for url in pages(hostile):
        response = admin_client.get(url)
        assert response.status_code == 200, url
        page = response.content.decode()
        assert "<script>a(" not in page, url
        seen += "&lt;script&gt;a(" in page
    assert seen > 20


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_history_cannot_be_changed(
    admin_client: Client, hostile: ChargePoint, model: type[models.Model]
) -> None:
    row = model._default_manager.first()
    assert row is not None
    before = model._default_manager.values().get(pk=row.pk)
    add = reverse(f"admin:chargepoints_{model._meta.model_name}_add")
    delete = reverse(f"admin:chargepoints_{model._meta.model_name}_delete", args=[row.pk])
    assert admin_client.post(add, {}).status_code == 403
    assert admin_client.post(change_of(row), {"charge_point": "2"}).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    assert model._default_manager.values().get(pk=row.pk) == before


def test_every_list_of_history_costs_a_bounded_number_of_queries(
    admin_client: Client,
    make_charge_point: MakeChargePoint,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(12):
        a_past(make_charge_point(f"CP-{number}"), f"text {number}")
    for model in HISTORY:
        with django_assert_max_num_queries(12, info=model.__name__):
            response = admin_client.get(list_of(model))
        assert len(response.context["cl"].result_list) >= 12, model


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_a_list_of_history_is_searched(
    admin_client: Client, hostile: ChargePoint, model: type[models.Model]
) -> None:
    response = admin_client.get(list_of(model), {"q": "there is no such thing"})
    assert response.status_code == 200
    if model is not ServerProcess:
        assert len(response.context["cl"].result_list) == 0


def test_a_charge_points_history_is_found_by_its_filter(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    one, other = make_charge_point("CP-1"), make_charge_point("CP-2")
    trace(one, "FromOne")
    trace(other, "FromTheOther")
    response = admin_client.get(list_of(Message), {"charge_point__id__exact": one.pk})
    assert [row.action for row in response.context["cl"].result_list] == ["FromOne"]


def test_a_list_of_history_counts_and_sorts_nothing_but_its_page(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    trace(charge_point)
    page = admin_client.get(list_of(Message), {"_facets": "True"}).content.decode()
    assert "(1)" not in page
    assert "sortable" not in page
    assert "?o=" not in page


def test_an_address_sorts_no_more_than_a_link_would(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    trace(charge_point, action="Authorize")
    trace(charge_point, action="Heartbeat")
    for order in ("4", "-4"):
        rows = admin_client.get(list_of(Message), {"o": order}).context["cl"].result_list
        assert [row.action for row in rows] == ["Heartbeat", "Authorize"]


def test_conflicting_meter_values_are_looked_for_among_the_latest(
    admin_client: Client, charge_point: ChargePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter_values, "LATEST", 5)
    charge(charge_point)
    rows = list(MeterValue.objects.order_by("pk"))
    MeterValue.objects.filter(pk__in=[rows[0].pk, rows[-1].pk]).update(conflict=True)
    found = admin_client.get(list_of(MeterValue), {"conflict": "yes"}).context["cl"].result_list
    assert list(found) == [rows[-1]]


def test_rows_are_counted_no_further_than_the_cap(
    admin_client: Client, charge_point: ChargePoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "COUNTED_AT_MOST", 120)
    for _ in range(130):
        trace(charge_point)
    page = admin_client.get(list_of(Message))
    changelist = page.context["cl"]
    assert changelist.result_count == 120
    assert "120 or more messages: search or filter" in " ".join(page.content.decode().split())
    assert len(changelist.result_list) == 50
    assert len(admin_client.get(list_of(Message), {"p": 3}).context["cl"].result_list) == 20


def test_a_list_is_called_after_its_rows(admin_client: Client) -> None:
    page = " ".join(admin_client.get(list_of(Message)).content.decode().split())
    assert "<title> Messages | Connect</title>" in page


def test_an_empty_list_says_whether_anything_was_asked_for(admin_client: Client) -> None:
    assert "There are no messages yet." in admin_client.get(list_of(Message)).content.decode()
    found = admin_client.get(list_of(Message), {"q": "nobody"}).content.decode()
    assert "No messages match." in found and "Show all" in found


def test_a_decision_of_core_can_be_forgotten_but_not_changed(admin_client: Client) -> None:
    decision = IdToken.objects.create(value="04A1", source=IdToken.Source.CORE)
    own = IdToken.objects.create(value="04A2")
    form = {"value": "04A9", "status": "blocked", "expires_at_0": "", "expires_at_1": ""}
    assert admin_client.post(change_of(decision), form).status_code == 403
    assert admin_client.post(change_of(own), form).status_code == 302
    own.refresh_from_db()
    assert (own.value, own.status) == ("04A9", "blocked")
    delete = reverse("admin:chargepoints_idtoken_delete", args=[decision.pk])
    admin_client.post(delete, {"post": "yes"})
    assert not IdToken.objects.filter(pk=decision.pk).exists()


def test_no_page_shows_a_key_code(admin_client: Client, make_charge_point: MakeChargePoint) -> None:
    """2.0.1 C04.FR.04: only who types in an own one reads it."""
    code, typed = "90210-SESAME", {"value": "90210-SESAME", "type": "KeyCode"}
    charge_point = make_charge_point("CP-9")
    a_past(charge_point, "x")
    Transaction.objects.update(id_token=code, id_token_type="KeyCode")
    Reservation.objects.update(id_token=code, id_token_type="KeyCode")
    LocalListEntry.objects.update(value=code, type="KeyCode")
    own = IdToken.objects.create(value=code, type="KeyCode")
    Event.objects.update(data={"id_token": typed})
    request = {"idToken": {"idToken": code, "type": "KeyCode"}}
    Command.objects.update(type="start", args={"id_token": typed}, request=request)
    for model in (Transaction, Reservation, LocalList, IdToken, Event, Command):
        name = f"admin:chargepoints_{model._meta.model_name}"
        key = own.pk if model is IdToken else model._default_manager.latest("pk").pk
        for url in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[key])):
            page = admin_client.get(url)
            assert page.status_code == 200
            assert code not in page.content.decode(), url
        assert "(not shown)" in page.content.decode(), model
    page = admin_client.get(
        reverse("admin:chargepoints_chargepoint_change", args=[charge_point.pk])
    )
    assert page.status_code == 200 and code not in page.content.decode()


def test_messages_show_their_milliseconds(admin_client: Client, charge_point: ChargePoint) -> None:
    at = datetime(2026, 3, 1, 12, 30, 15, 42_900, tzinfo=UTC)
    message = trace(charge_point, started_at=at)
    for path in ("", f"{message.pk}/change/"):
        page = admin_client.get(f"/admin/chargepoints/message/{path}").content.decode()
        assert "2026-03-01 12:30:15.042" in page


def test_only_a_transaction_that_was_told_by_events_shows_them(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    transaction = charge(charge_point)
    url = f"/admin/chargepoints/transaction/{transaction.pk}/change/"
    assert "Events (OCPP 2.0.1)" not in admin_client.get(url).content.decode()
    now = timezone.now()
    transaction.events.create(
        seq_no=0,
        event_type="Started",
        trigger_reason="CablePluggedIn",
        occurred_at=now,
        received_at=now,
        digest="x",
    )
    page = admin_client.get(url).content.decode()
    assert "Events (OCPP 2.0.1)" in page and "CablePluggedIn" in page
