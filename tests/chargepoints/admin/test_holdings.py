"""The tabs of a charge point: what it holds and has done, and when it was connected."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from chargepoints.admin import holdings
from chargepoints.models import (
    ChargePoint,
    Connection,
    LocalList,
    Reservation,
    SecurityEvent,
    SeenTls,
    ServerRun,
    Upload,
)
from tests.chargepoints.admin.conftest import MakeChargePoint
from tests.chargepoints.admin.past import a_past


def page_of(client: Client, row: ChargePoint, tab: str, query: str = "") -> str:
    answer = client.get(f"/admin/chargepoints/chargepoint/{row.pk}/{tab}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("tab", "told"),
    [
        ("local_list", "Entries"),
        ("reservations", "Requested"),
        ("files", "Firmware updates"),
        ("certificates", "Serial number"),
        ("security", "Keys, of which only the hashes are stored"),
    ],
)
def test_each_tab_shows_what_the_charge_point_has(
    admin_client: Client, charge_point: ChargePoint, tab: str, told: str
) -> None:
    a_past(charge_point, "a text of its own")
    page = page_of(admin_client, charge_point, tab)
    assert told in page
    assert "a text of its own" in page or tab == "files"
    assert f'charge_point__id__exact={charge_point.pk}"' in page
    assert 'aria-current="page"' in page


def test_every_way_from_a_tab_to_all_rows_leads_somewhere(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    a_past(charge_point, "text")
    links: set[str] = set()
    for tab in (*holdings.TABS, "connections"):
        page = page_of(admin_client, charge_point, tab)
        links.update(re.findall(r'class="cp-more" href="(/admin/[^"]+)"', page))
    assert len(links) == 8
    for link in links:
        assert admin_client.get(unescape(link)).status_code == 200, link


@pytest.mark.parametrize("tab", holdings.TABS)
def test_a_tab_of_a_charge_point_without_a_past_says_so(
    admin_client: Client, charge_point: ChargePoint, tab: str
) -> None:
    assert "cp-empty" in page_of(admin_client, charge_point, tab)


def test_a_tab_shows_the_latest_and_says_that_there_are_more(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    now = timezone.now()
    SecurityEvent.objects.bulk_create(
        SecurityEvent(
            charge_point=charge_point, type=f"Event{number}", occurred_at=now, received_at=now
        )
        for number in range(60)
    )
    page = page_of(admin_client, charge_point, "security")
    assert "Event59" in page and "Event9<" not in page
    assert "The latest 50" in page


def test_an_upload_that_has_come_is_fetched_from_the_tab(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    upload = Upload.objects.create(
        charge_point=charge_point,
        kind=Upload.Kind.DIAGNOSTICS,
        location="http://here/secret-token",
        file_name="log.zip",
        size=2048,
        expires_at=timezone.now(),
        received_at=timezone.now(),
    )
    page = page_of(admin_client, charge_point, "files")
    assert f"/files/received/{upload.pk}" in page or "log.zip</a>" in page
    assert "secret-token" not in page


def test_the_tab_of_security_tells_what_was_seen_of_tls(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    assert "none with TLS" in page_of(admin_client, charge_point, "security")
    SeenTls.objects.create(
        charge_point=charge_point, at=timezone.now(), version="TLSv1.2", certificate_serial="0A1B"
    )
    page = page_of(admin_client, charge_point, "security")
    assert "TLSv1.2" in page and "0A1B" in page


def test_a_key_code_stands_on_no_tab(admin_client: Client, charge_point: ChargePoint) -> None:
    """2.0.1 C04.FR.04."""
    local_list = LocalList.objects.create(charge_point=charge_point, version=3)
    local_list.entries.create(value="90210", type="KeyCode")
    Reservation.objects.create(
        charge_point=charge_point,
        reservation_id=1,
        id_token="90210",
        id_token_type="KeyCode",
        expires_at=timezone.now(),
    )
    for tab in ("local_list", "reservations"):
        assert "90210" not in page_of(admin_client, charge_point, tab)


def test_who_may_not_see_a_kind_of_row_sees_none_on_the_tab(charge_point: ChargePoint) -> None:
    a_past(charge_point, "a text of its own")
    user = User.objects.create_user("narrow", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_chargepoint"))
    client = Client()
    client.force_login(user)
    page = page_of(client, charge_point, "security")
    assert "a text of its own" not in page and "Security profile" in page


@pytest.mark.parametrize("model", ["message", "transaction", "event", "variable", "connection"])
def test_a_list_of_one_charge_point_keeps_its_tabs(
    admin_client: Client, make_charge_point: MakeChargePoint, model: str
) -> None:
    one = make_charge_point("CP-1")
    a_past(one, "text")
    of_all = admin_client.get(f"/admin/chargepoints/{model}/").content.decode()
    assert "cp-tabs" not in of_all
    url = f"/admin/chargepoints/{model}/?charge_point__id__exact={one.pk}"
    page = admin_client.get(url).content.decode()
    assert "cp-tabs" in page and 'aria-current="page"' in page
    nobody = admin_client.get(f"/admin/chargepoints/{model}/?charge_point__id__exact=999")
    assert "cp-tabs" not in nobody.content.decode()


def test_connections_are_a_bar_over_time(admin_client: Client, charge_point: ChargePoint) -> None:
    now = timezone.now()
    Connection.objects.all().delete()
    for begin, end, why in ((30, 18, "pulled"), (12, 6, "closed"), (5, None, "")):
        Connection.objects.create(
            id=int((now - timedelta(hours=begin)).timestamp() * 1_000_000) << 10,
            charge_point=charge_point,
            opened_at=now - timedelta(hours=begin),
            closed_at=None if end is None else now - timedelta(hours=end),
            close_reason=why,
        )
    ServerRun.objects.create(began_at=now - timedelta(hours=40), ended_at=now - timedelta(hours=6))
    ServerRun.objects.create(began_at=now - timedelta(hours=5.5))
    page = page_of(admin_client, charge_point, "connections", "?span=day")
    # 24 to 18 hours ago, 12 to 6, and the last 5.
    assert "Connected 70.83 % of the last day" in page
    assert page.count('class="cp-state-up"') == 3
    assert page.count('class="cp-state-gateway"') == 1
    assert "pulled" in page and "gateway down" in page


def test_what_was_before_its_registration_is_no_time_without_a_connection(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    now = timezone.now()
    ChargePoint.objects.update(created_at=now - timedelta(hours=2))
    Connection.objects.update(opened_at=now - timedelta(hours=1))
    page = page_of(admin_client, charge_point, "connections", "?span=week")
    assert "Connected 50.00 % of the time since" in page


def test_a_socket_that_was_replaced_is_not_counted_twice(
    admin_client: Client, charge_point: ChargePoint
) -> None:
    now = timezone.now()
    Connection.objects.all().delete()
    for begin, end in ((24, 10), (12, 0)):
        Connection.objects.create(
            id=int((now - timedelta(hours=begin)).timestamp() * 1_000_000) << 10,
            charge_point=charge_point,
            opened_at=now - timedelta(hours=begin),
            closed_at=now - timedelta(hours=end),
        )
    assert "Connected 99.99 %" in page_of(admin_client, charge_point, "connections", "?span=day")
