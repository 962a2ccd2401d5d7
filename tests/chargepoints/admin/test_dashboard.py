"""The first page."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chargepoints.database.unit_of_work import unit_of_work
from chargepoints.models import (
    Command,
    Connector,
    FleetSample,
    HandshakeRefusal,
    Registration,
    Status,
)
from chargepoints.services.history.event_feed import assign_positions
from core_link.models import Delivery, Endpoint
from tests.chargepoints.admin.conftest import MakeChargePoint, charge


def test_the_first_page_counts_the_fleet_and_names_what_needs_a_person(
    admin_client: Client,
    make_charge_point: MakeChargePoint,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    charge(make_charge_point("CHARGING"))
    faulted = make_charge_point("BROKEN", online=False)
    Connector.objects.filter(evse__charge_point=faulted).update(status=Status.FAULTED)
    make_charge_point("WAITING", registration=Registration.PENDING)
    HandshakeRefusal.objects.create(
        identity="STRANGER", address="203.0.113.7", reason="unknown_identity", status_code=404
    )
    with django_assert_max_num_queries(22):
        response = admin_client.get("/admin/")
    page = response.content.decode()
    assert response.context["fleet"] == {"total": 3, "online": 2, "offline": 1, "pending": 1}
    assert response.context["available_count"] == 2
    assert response.context["charging"] == {"running": 1, "power_w": 11000}
    assert "11.0 kW" in page
    assert 'href="/admin/chargepoints/transaction/?state=open"' in page
    for identity in ("CHARGING", "BROKEN", "WAITING", "STRANGER"):
        assert identity in page
    assert [row.identity for row in response.context["offline"]] == ["BROKEN"]
    assert "unknown identity" in page
    assert 'class="cp-trouble"' not in page


def test_power_over_the_day_is_drawn_from_samples_and_the_power_now(admin_client: Client) -> None:
    assert admin_client.get("/admin/").context["power_chart"] is None
    now = timezone.now()
    for hours, power_w in ((30, 9e6), (20, 10_000), (10, 50_000), (1, 30_000)):
        FleetSample.objects.create(
            at=now - timedelta(hours=hours), power_w=power_w, charging=1, online=1
        )
    chart = admin_client.get("/admin/").context["power_chart"]
    assert [tick.label for tick in chart.value_ticks] == ["0 kW", "25 kW", "50 kW"]
    assert chart.lines[0].path.count(",") == 4


def test_power_over_the_day_ends_with_the_power_now(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge(make_charge_point("CHARGING"))
    FleetSample.objects.create(at=timezone.now(), power_w=0, charging=0, online=1)
    chart = admin_client.get("/admin/").context["power_chart"]
    assert chart.value_ticks[-1].label == "20 kW"


def test_today_stands_beside_the_same_day_a_week_ago(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_point = make_charge_point("CP-1")
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    week_ago = midnight - timedelta(weeks=1)
    begun = [midnight, midnight, week_ago, midnight - timedelta(minutes=1)]
    begun += [now - timedelta(weeks=1) + timedelta(minutes=1)]
    for number, started_at in enumerate(begun):
        charge(charge_point, str(number), started_at=started_at)
    today = admin_client.get("/admin/").context["today"]
    assert today["now"] == {"count": 2, "energy_wh": 5000.0}
    assert today["before"] == {"count": 1, "energy_wh": 2500.0}


def test_an_end_below_its_start_takes_no_energy_from_the_others(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_point, now = make_charge_point("CP-1"), timezone.now()
    charge(charge_point, "1", started_at=now)
    charge(charge_point, "2", started_at=now, meter_start_wh=123_456, meter_stop_wh=0)
    assert admin_client.get("/admin/").context["today"]["now"]["energy_wh"] == 2500


def test_the_energy_of_a_large_fleet_fits_its_card(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_point = make_charge_point("CP-1")
    charge(charge_point, started_at=timezone.now(), meter_latest_wh=22_331_000)
    assert "22.3 MWh" in admin_client.get("/admin/").content.decode()


def test_what_core_was_not_told_stands_there_with_the_last_error(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_point = make_charge_point("CP-1")
    endpoint = Endpoint.objects.create(name="core", url="https://core.example.com/events")
    with unit_of_work() as unit:
        unit.emit(charge_point.pk, "charge_point.online", {})
    assign_positions()
    Delivery.objects.create(
        endpoint=endpoint,
        event_ids=[],
        event_count=1,
        last_error="refused: 503",
        last_attempt_at=timezone.now(),
    )
    page = admin_client.get("/admin/").content.decode()
    assert "1 event</a>, the oldest" in page
    assert "refused: 503" in page


def test_every_link_of_the_first_page_leads_somewhere(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    make_charge_point("BROKEN", online=False)
    HandshakeRefusal.objects.create(
        identity="A&B?=%", address="203.0.113.7", reason="unknown_identity", status_code=404
    )
    page = admin_client.get("/admin/").content.decode()
    panels = page[page.index('id="figures"') :]
    links = {unescape(link) for link in re.findall(r'href="(/admin/[^"]*)"', panels)}
    assert len(links) >= 9
    for link in links:
        assert admin_client.get(link).status_code == 200, link
    refusals = "/admin/chargepoints/handshakerefusal/?q=A%26B%3F%3D%25"
    assert "A&amp;B?=%" in admin_client.get(refusals).content.decode()
    assert refusals in links


def listed(client: Client, card: str) -> list[Any]:
    """The rows of the list that a card of the first page links to."""
    page = client.get("/admin/").content.decode()
    [link] = re.findall(rf'href="([^"]*)">\s*<span>{card}<', page)
    return list(client.get(unescape(link)).context["cl"].result_list)


def test_each_number_links_to_what_it_counts(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    shown, gone = make_charge_point("ON"), make_charge_point("OFF", online=False)
    long_ago = timezone.now() - timedelta(days=2)
    refusal = {"address": "203.0.113.7", "reason": "wrong_key", "status_code": 401}
    HandshakeRefusal.objects.create(identity="NOW", **refusal)
    HandshakeRefusal.objects.create(identity="BEFORE", last_at=long_ago, **refusal)
    asked = {"type": "reset", "args": {}, "state": "rejected", "expires_at": long_ago}
    now, before = (Command.objects.create(charge_point=shown, **asked) for _ in range(2))
    Command.objects.filter(pk=before.pk).update(created_at=long_ago)
    assert listed(admin_client, "Online") == [shown]
    assert listed(admin_client, "Offline") == [gone]
    assert [row.evse.charge_point for row in listed(admin_client, "Available")] == [shown]
    assert [row.identity for row in listed(admin_client, "Refused handshakes")] == ["NOW"]
    assert listed(admin_client, "Failed commands") == [now]


def test_all_that_are_offline_are_listed_as_on_the_first_page_the_last_seen_first(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    hours = {"A": 3, "B": 1, "C": 2}
    for identity, ago in hours.items():
        row = make_charge_point(identity, online=False)
        row.last_seen_at = timezone.now() - timedelta(hours=ago)
        row.save()
    page = admin_client.get("/admin/").content.decode()
    [link] = re.findall(r'Offline, most recent first</h2><a [^>]*href="([^"]*)"', page)
    rows = admin_client.get(unescape(link)).context["cl"].result_list
    assert [row.identity for row in rows] == ["B", "C", "A"]


def test_the_page_asks_again_for_its_figures_alone(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    make_charge_point("CP-1")
    url = "/admin/chargepoints/chargepoint/figures/"
    assert f'hx-get="{url}"' in admin_client.get("/admin/").content.decode()
    polled = admin_client.get(url).content.decode()
    assert polled.strip().startswith('<div id="figures"')
    assert "of 1 charge point<" in polled


def test_an_empty_installation_says_how_to_begin(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()
    assert "There is no charge point yet." in page
    assert "/admin/chargepoints/chargepoint/add/" in page


def test_staff_without_a_role_see_no_figures(db: None) -> None:
    user = User.objects.create_user("nobody", is_staff=True, last_login=timezone.now())
    client = Client()
    client.force_login(user)
    response = client.get("/admin/")
    assert response.status_code == 200
    assert "fleet" not in response.context
