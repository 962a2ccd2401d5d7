"""The list of charge points and its live cells."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from chargepoints.models import Connector, Registration, Status
from chargepoints.services.commands import submission
from tests.chargepoints.admin.conftest import MakeChargePoint, charge

URL = "/admin/chargepoints/chargepoint/"


def rows(admin_client: Client, query: str = "") -> list[str]:
    """The identities that the list shows."""
    changelist = admin_client.get(f"{URL}?{query}").context["cl"]
    return [row.identity for row in changelist.result_list]


def test_a_row_shows_the_live_state_its_connectors_and_what_is_charging(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_point = make_charge_point("CP-1", connectors=2, site="North")
    charge(charge_point)
    Connector.objects.filter(evse__evse_id=2).update(status=Status.FAULTED, info="RCD tripped")
    page = admin_client.get(URL).content.decode()
    assert ">online<" in page
    assert ">1 available<" in page
    assert ">2 faulted<" in page
    assert "RCD tripped" in page
    assert "11.0 kW · 59 %" in page
    assert "2.50 kWh" in page
    assert "Acme Wall 22" in page
    assert "ocpp1.6" in page


def test_the_search_field_and_its_button_have_a_name_for_screen_readers(
    admin_client: Client,
) -> None:
    page = admin_client.get(URL).content.decode()
    for tag in (r"<input [^>]*x-ref=\"searchInput\"", r"<button [^>]*id=\"searchbar-submit\""):
        (found,) = re.findall(rf"{tag}[^>]*>", page)
        assert 'aria-label="Search"' in found


def test_a_row_leads_to_the_charge_points_own_page(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_point = make_charge_point("CP-1")
    assert f'href="{URL}{charge_point.pk}/"' in admin_client.get(URL).content.decode()


def test_a_charge_point_without_a_connection_is_offline_or_was_never_seen(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    make_charge_point("GONE", online=False)
    new = make_charge_point("NEW", online=False)
    type(new).objects.filter(pk=new.pk).update(last_seen_at=None)
    page = admin_client.get(URL).content.decode()
    assert ">offline<" in page
    assert ">never seen<" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("online=yes", ["CHARGING", "FAULTED", "PENDING"]),
        ("online=no", ["OFFLINE"]),
        ("activity=charging", ["CHARGING"]),
        ("activity=faulted", ["FAULTED"]),
        ("registration__exact=pending", ["PENDING"]),
        ("site=South", ["OFFLINE"]),
        ("protocol=ocpp2.0.1", ["PENDING"]),
        ("vendor=Other", ["OFFLINE"]),
        ("model=Post", ["OFFLINE"]),
        ("firmware=1.9", ["CHARGING"]),
        ("firmware=(behind)", ["CHARGING"]),
        ("open_command=yes", ["FAULTED"]),
        ("q=fault", ["FAULTED"]),
    ],
)
def test_the_list_is_filtered(
    admin_client: Client, make_charge_point: MakeChargePoint, query: str, expected: list[str]
) -> None:
    charge(make_charge_point("CHARGING", firmware_version="1.9"))
    faulted = make_charge_point("FAULTED", firmware_version="1.10")
    submission.submit(faulted, "clear_cache", {}, requested_by="a test")
    Connector.objects.filter(evse__charge_point=faulted).update(status=Status.FAULTED)
    other = {"vendor": "Other", "model": "Post", "firmware_version": "1.0"}
    make_charge_point("OFFLINE", online=False, site="South", **other)
    newest = {"firmware_version": "1.10"}
    make_charge_point("PENDING", protocol="ocpp2.0.1", registration=Registration.PENDING, **newest)
    assert rows(admin_client, query) == expected


def test_a_row_shows_that_its_firmware_is_behind_and_that_a_command_is_open(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    old = make_charge_point("OLD", firmware_version="1.9")
    for number in range(2):
        make_charge_point(f"CP-{number}", firmware_version="1.10")
    submission.submit(old, "clear_cache", {}, requested_by="a test")
    page = admin_client.get(URL).content.decode()
    assert page.count("It runs older firmware than most charge points of its model.") == 1
    link = f"/admin/chargepoints/command/?charge_point__id__exact={old.pk}"
    assert f'href="{link}&amp;finished_at__isnull=True">1 command open</a>' in page
    opened = admin_client.get(f"{link}&finished_at__isnull=True").context["cl"].result_list
    assert [command.charge_point for command in opened] == [old]


def test_the_number_of_queries_does_not_grow_with_the_rows(
    admin_client: Client,
    make_charge_point: MakeChargePoint,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(40):
        charge(make_charge_point(f"CP-{number}", connectors=2))
    with django_assert_max_num_queries(34):
        assert len(rows(admin_client)) == 40


def test_live_cells_come_in_one_fragment_for_the_rows_that_are_shown(
    admin_client: Client,
    make_charge_point: MakeChargePoint,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    shown = [make_charge_point(f"CP-{number}") for number in range(20)]
    other = make_charge_point("OTHER")
    page = admin_client.get(URL).content.decode()
    assert "hx-trigger=" in page
    ids = "&".join(f"id={charge_point.pk}" for charge_point in shown)
    with django_assert_max_num_queries(8):
        fragment = admin_client.get(f"{URL}live/?{ids}").content.decode()
    assert fragment.count('hx-swap-oob="true"') == 20 * 4
    for cell in ("online", "connectors", "charging", "last_seen"):
        assert f'id="{cell}-{shown[0].pk}"' in fragment
        assert f'id="{cell}-{shown[0].pk}"' in page
    assert f'id="online-{other.pk}"' not in fragment


def test_odd_ids_in_a_request_for_live_cells_are_passed_over(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    charge_point = make_charge_point("CP-1")
    response = admin_client.get(f"{URL}live/?id=x&id=²&id=-1&id={'9' * 40}&id={charge_point.pk}")
    assert response.status_code == 200
    assert f'id="online-{charge_point.pk}"' in response.content.decode()


def test_selected_charge_points_are_accepted(
    admin_client: Client, make_charge_point: MakeChargePoint
) -> None:
    pending = make_charge_point("CP-1", registration=Registration.PENDING)
    before = pending.settings_changed_at
    admin_client.post(URL, {"action": "accept", "_selected_action": [pending.pk]})
    pending.refresh_from_db()
    assert pending.registration == Registration.ACCEPTED
    assert pending.settings_changed_at > before
