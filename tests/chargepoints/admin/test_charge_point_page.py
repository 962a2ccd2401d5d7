"""The page of a charge point: its panels, and the fragment that refreshes them."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chargepoints.models import ChargePoint, Command, Connection, Event, Message
from chargepoints.services.stations import registry
from tests.chargepoints.admin.conftest import MakeChargePoint, charge, trace

URL = "/admin/chargepoints/chargepoint/"
PANELS = ("state", "transactions", "messages", "connectors", "commands", "events")


def page_of(client: Client, charge_point: ChargePoint, path: str = "") -> str:
    response = client.get(f"{URL}{charge_point.pk}/{path}")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_shows_what_the_charge_point_is_doing(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    ChargePoint.objects.filter(pk=charge_point.pk).update(
        firmware_version="1.8.21", booted_at=timezone.now() - timedelta(hours=2)
    )
    charge(charge_point)
    page = page_of(admin_client, charge_point)
    for text in ("CP-1", ">online<", "10.1.2.3", "ocpp1.6", "1.8.21", "2 h ago"):
        assert text in page
    for text in ("11.0 kW", "2.50 kWh", "59 %", "04A1B2C3", '<svg class="cp-chart cp-wide"'):
        assert text in page


def test_the_page_shows_what_is_odd_about_the_charge_point(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    page = page_of(admin_client, charge_point)
    assert "deaf" not in page and "Quirks" not in page and "Clock of the charger" not in page
    charge_point.assigned_quirks = ["Answers late"]
    registry.changed(charge_point, "assigned_quirks")
    charge_point.quirk_uses.update(count=7)
    ChargePoint.objects.update(deaf_since=timezone.now(), clock_skew_s=3600)
    page = page_of(admin_client, charge_point)
    for text in ("deaf", "1:00 h ahead", "Answers late", "call_timeout_s: 90, used 7 times"):
        assert text in page


def test_the_page_shows_messages_with_their_frames_and_deviations(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    trace(charge_point, "MeterValues", deviations=["time_without_zone"], reply='[3,"m-1",{"a":1}]')
    trace(charge_point, "Foo", outcome=Message.Outcome.ERROR, error_code="NotImplemented")
    page = page_of(admin_client, charge_point)
    assert "time_without_zone" in page
    assert "3.2 ms" in page
    assert "NotImplemented" in page
    assert "&quot;a&quot;: 1" in page


def test_a_half_of_a_character_in_a_frame_costs_no_page(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    request = '[2,"m-1","StatusNotification",{"info":"cut \\ud83d"}]'
    message = trace(charge_point, "StatusNotification", request=request)
    assert "&quot;info&quot;: &quot;cut ?&quot;" in page_of(admin_client, charge_point)
    whole = admin_client.get(f"/admin/chargepoints/message/{message.pk}/change/")
    assert whole.status_code == 200


def test_of_a_long_frame_only_the_beginning_is_read(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    message = trace(charge_point, "NotifyReport", request="[" + "x" * 50_000)
    page = page_of(admin_client, charge_point)
    assert "x" * 1_999 in page
    assert "x" * 2_001 not in page
    assert "The whole message" in page
    whole = admin_client.get(f"/admin/chargepoints/message/{message.pk}/change/").content.decode()
    assert "x" * 50_000 in whole


def test_the_page_shows_events_and_commands_with_who_asked(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    now = timezone.now()
    Event.objects.create(
        charge_point=charge_point,
        sequence=1,
        type="charge_point.booted",
        occurred_at=now,
        received_at=now,
        data={},
    )
    Command.objects.create(
        charge_point=charge_point,
        type="reset",
        requested_by="staff:maria",
        state=Command.State.REJECTED,
        error_code="Rejected",
        expires_at=now,
        finished_at=now,
    )
    page = page_of(admin_client, charge_point)
    for text in ("charge_point.booted", "staff:maria", ">rejected<"):
        assert text in page


def test_a_charge_point_that_never_connected_is_told_where_to(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    ChargePoint.objects.filter(pk=charge_point.pk).update(connection=None, last_seen_at=None)
    page = page_of(admin_client, charge_point)
    assert "ws://testserver/ocpp/CP-1" in page
    assert "Nothing is charging." in page


def test_the_last_transaction_is_named_when_nothing_is_charging(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    charge(charge_point, "the-last-one", ended_at=timezone.now(), meter_stop_wh=3500)
    page = page_of(admin_client, charge_point)
    assert "the-last-one" in page
    assert "after 2.50 kWh" in page


def test_the_fragment_holds_every_live_panel_and_no_form(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    page, fragment = (
        page_of(admin_client, charge_point),
        page_of(admin_client, charge_point, "live/"),
    )
    for panel in PANELS:
        assert f'<section id="{panel}" class="cp-panel">' in page
        assert f'<section id="{panel}" class="cp-panel" hx-swap-oob="true">' in fragment
    assert 'id="command"' in page
    assert 'id="command"' not in fragment
    assert "<html" not in fragment


def test_the_page_asks_more_often_while_a_command_is_under_way(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    assert "every 5s" in page_of(admin_client, charge_point, "live/")
    command = Command.objects.create(
        charge_point=charge_point,
        type="trigger",
        requested_by="core",
        expires_at=timezone.now() + timedelta(hours=1),
    )
    assert "every 1s" in page_of(admin_client, charge_point, "live/")
    command.finished_at = timezone.now()
    command.save()
    assert "every 5s" in page_of(admin_client, charge_point, "live/")


def test_the_page_costs_a_bounded_number_of_queries(
    admin_client: Client,
    make_charge_point: MakeChargePoint,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    charge_point = make_charge_point("CP-1", connectors=8)
    for number in range(12):
        charge(charge_point, str(number))
        trace(charge_point)
        Connection.objects.create(charge_point=charge_point, path="/", protocol="ocpp1.6")
    with django_assert_max_num_queries(17):
        page_of(admin_client, charge_point, "live/")


def test_a_charge_point_that_is_not_there_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(f"{URL}4711/").status_code == 404
    assert admin_client.get(f"{URL}4711/live/").status_code == 404
    assert admin_client.get(f"{URL}4711/command/?command=start").status_code == 404
