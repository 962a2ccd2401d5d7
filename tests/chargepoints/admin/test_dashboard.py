"""The first page."""

import re
from html import unescape

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from chargepoints.models import Connector, HandshakeRefusal, Registration, Status
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
    with django_assert_max_num_queries(15):
        response = admin_client.get("/admin/")
    page = response.content.decode()
    assert response.context["fleet"] == {"total": 3, "online": 2, "pending": 1}
    assert response.context["charging"] == {"running": 1, "power_w": 11000}
    assert "11.0 kW" in page
    assert 'href="/admin/chargepoints/transaction/?state=open"' in page
    for identity in ("CHARGING", "BROKEN", "WAITING", "STRANGER"):
        assert identity in page
    assert [row.identity for row in response.context["offline"]] == ["BROKEN"]
    assert "unknown identity" in page
    assert 'class="cp-trouble"' not in page


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
